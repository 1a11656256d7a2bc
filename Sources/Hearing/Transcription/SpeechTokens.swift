/// A language that the model was told apart by.
public struct SpeechLanguage: Sendable {
    /// ISO 639-1: "zh".
    public var code: String
    /// Its token.
    public var token: Int32

    public init(code: String, token: Int32) {
        self.code = code
        self.token = token
    }
}

/// The tokens that steer a Whisper model.
public struct SpeechTokens: Sendable {
    public var start: Int32
    public var end: Int32
    /// Nil in models of one language.
    public var transcribe: Int32?
    public var withoutTimestamps: Int32
    /// Nil where the model can't say that nobody speaks.
    public var noSpeech: Int32?
    /// In the order of their tokens; none: the model knows English alone.
    public var languages: [SpeechLanguage]
    /// Never chosen, and never chosen first.
    public var suppressed: [Int32]
    public var suppressedAtStart: [Int32]

    public init(start: Int32, end: Int32, transcribe: Int32?, withoutTimestamps: Int32, noSpeech: Int32?, languages: [SpeechLanguage],
                suppressed: [Int32], suppressedAtStart: [Int32]) {
        self.start = start
        self.end = end
        self.transcribe = transcribe
        self.withoutTimestamps = withoutTimestamps
        self.noSpeech = noSpeech
        self.languages = languages
        self.suppressed = suppressed
        self.suppressedAtStart = suppressedAtStart
    }

    /// The token of 0.00 s; each that follows is 20 ms later.
    public var firstTimestamp: Int32 { withoutTimestamps + 1 }
    /// Timestamps a second.
    public static let timestampRate = 50

    /// The language of a code; nil where the model doesn't know it.
    public func language(_ code: String) -> SpeechLanguage? {
        for language in languages where language.code == code { return language }
        return nil
    }
}
