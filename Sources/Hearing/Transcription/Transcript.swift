/// A piece of what was said.
public struct TranscriptSegment: Sendable {
    /// Seconds from the beginning of the sound.
    public var start: Double
    public var end: Double
    public var text: String
    /// ISO 639-1, as the model was told; "en" in models of one language.
    public var language: String
    public var meanLogProbability: Float
    public var noSpeechProbability: Float

    /// The texts of pieces in a row, with a space between words of scripts that have them.
    public static func joined(_ pieces: [TranscriptSegment]) -> String {
        if pieces.count == 1 { return pieces[0].text }
        var text: [UInt8] = []
        for piece in pieces {
            let next = Array(piece.text.utf8)
            if let last = text.last, let first = next.first, last < 0x80, first < 0x80 { text.append(32) }
            text += next
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// What transcribing a sound took.
public struct TranscriptionStatistics: Sendable {
    /// Of the sound, seconds.
    public var audioSeconds = 0.0
    public var featureNanoseconds: Int64 = 0
    public var encoderNanoseconds: Int64 = 0
    public var decoderNanoseconds: Int64 = 0
    public var tokens = 0
    /// Stretches that were encoded, and those of them that gave no text although they were loud enough.
    public var windows = 0
    public var emptyWindows = 0

    public init() {}
}
