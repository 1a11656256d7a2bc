/// An utterance on its way from the first voice to the final text. Places are samples at 16 kHz since the listening began.
final class SpokenUtterance {
    let start: Int64
    /// Where the silence that is going on was noticed; nil: somebody speaks.
    var pause: Int64?
    /// The last voice before the newest silence.
    var voiceEnd: Int64 = 0
    /// Of an utterance that is over: the end of what is heard for its text, and when it was known to be over.
    var end: Int64 = -1, decided: Int64 = 0
    var isCut = false
    var isOver: Bool { end >= 0 }

    /// How far the text reaches; nil before the first. And how far a text was tried for.
    var heardEnd: Int64?, triedEnd: Int64?
    /// What was heard of it, for the next time.
    var draft = SpeechDraft()
    private(set) var text = "", language = ""
    private(set) var meanLogProbability: Float = 0, noSpeechProbability: Float = 0
    /// Since when the text stands there, on the sound's clock.
    private(set) var since: Int64 = 0
    var passes = 0
    var encoderNanoseconds: Int64 = 0, decoderNanoseconds: Int64 = 0

    init(start: Int64) { self.start = start }

    /// A detector without a model takes a tune or a bell for a voice, and the speech model has a text for it, such as "um" or "you".
    /// But it is unsure of it (mean log-probabilities below -0.85) and says that nobody speaks (0.47 and more), or is sure of
    /// nothing at all. Clips of speech have 0.15 at most, and -1.2 at least; half a sentence may have 0.6, but is surer (measured).
    private static let noSpeech: Float = 0.3, doubtful: Float = -0.75, unsure: Float = -1.6

    private static func isSpeech(_ piece: TranscriptSegment) -> Bool {
        piece.meanLogProbability >= doubtful || piece.meanLogProbability >= unsure && piece.noSpeechProbability <= noSpeech
    }

    /// What was heard; true where that is another text than before.
    func set(_ pieces: [TranscriptSegment], now: Int64) -> Bool {
        let joined = pieces.allSatisfy { Self.isSpeech($0) } ? TranscriptSegment.joined(pieces) : ""
        language = pieces.first?.language ?? language
        meanLogProbability = pieces.first?.meanLogProbability ?? 0
        noSpeechProbability = pieces.first?.noSpeechProbability ?? 0
        guard joined != text else { return false }
        text = joined
        since = now
        return true
    }
}
