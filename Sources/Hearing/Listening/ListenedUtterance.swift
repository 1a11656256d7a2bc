/// What is heard of an utterance so far.
public struct PartialText: Sendable {
    /// Seconds since the listening began: the utterance's begin, and how far it has been heard.
    public var start = 0.0
    public var end = 0.0
    public var text = ""
    /// ISO 639-1, as the model was told; "en" in models of one language.
    public var language = ""

    /// Nothing has been heard.
    public init() {}

    init(start: Double, end: Double, text: String, language: String) {
        self.start = start
        self.end = end
        self.text = text
        self.language = language
    }
}

/// An utterance that is over, with its final text.
public struct ListenedUtterance: Sendable {
    /// Seconds since the listening began: from the first voice, with what was kept from before it, to the last.
    public var start: Double
    public var end: Double
    /// It was too long for one window and goes on in the next utterance.
    public var isCut: Bool
    public var text: String
    /// ISO 639-1, as the model was told; "en" in models of one language.
    public var language: String
    public var meanLogProbability: Float
    public var noSpeechProbability: Float
    /// From the last sample of speech until the text that became final first stood there, on the sound's clock. Negative where it
    /// stood there before the last sound had died away.
    public var afterSpeechNanoseconds: Int64
    /// From the sample with which the utterance was known to be over until its text was final, on the sound's clock.
    public var afterDecisionNanoseconds: Int64
    /// How often the utterance was heard, in part or as a whole, and what all of that took.
    public var passes: Int
    public var encoderNanoseconds: Int64
    public var decoderNanoseconds: Int64
}

/// What a listener tells.
public enum ListeningEvent: Sendable {
    /// Replaces what was told of the utterance before.
    case partial(PartialText)
    case final(ListenedUtterance)
    /// The utterance is over and nothing in it is speech; partial texts of it are void.
    case nothing
    /// The wake word was heard: what is said now is written down. Seconds since the listening began.
    case woken(word: String, at: Double)
    /// The sound broke off; it may come back.
    case broken
}

/// How a listener works.
public struct ListeningOptions {
    /// Timestamps are left out.
    public var transcription = TranscriptionOptions()
    public var endPointer = EndPointerSettings()
    /// Utterances are what is said while this is so; nil: what the end-pointer finds.
    public var isPressed: (() -> Bool)?
    /// Only the utterance behind this word is heard, and told; nil: all are.
    public var wake: WakeWordDetector?
    /// So long after the word somebody may begin to speak.
    public var wakeSeconds = 8
    /// Texts are told while somebody speaks.
    public var tellsPartials = true

    public init() {}
}
