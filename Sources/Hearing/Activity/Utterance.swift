/// What happens to an utterance, by samples since the sound's begin.
public enum UtteranceEvent: Equatable, Sendable {
    /// Somebody speaks. The utterance begins at `start`, which includes what came shortly before the first voice was sure.
    case started(start: Int64)
    /// The first silence, at `end`: worth a try at the final text while it isn't sure yet that the utterance is over.
    case paused(end: Int64)
    /// It wasn't over.
    case resumed
    /// It is over. Speech ended at `end`; where `isCut`, it goes on in the next utterance, which starts there.
    case ended(start: Int64, end: Int64, isCut: Bool)
}

/// When speech counts as begun, interrupted and over.
public struct EndPointerSettings: Sendable {
    /// Milliseconds kept from before the first frame with a voice.
    public var preRollMilliseconds = 300
    /// Silence after which `paused` is told: two frames of 20 ms. Most such pauses lie within words, so what is tried then should be
    /// of use if speech goes on.
    public var pauseMilliseconds = 40
    /// Silence that ends an utterance.
    public var endMilliseconds = 600
    /// The longest utterance; a longer one is cut at its quietest moment in the second half.
    public var longestMilliseconds = 28_000
    /// Scores from which a frame begins speech, and goes on with it.
    public var beginScore: Float = 0.5
    public var continueScore: Float = 0.3

    public init() {}
}
