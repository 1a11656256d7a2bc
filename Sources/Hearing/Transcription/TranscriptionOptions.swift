/// Which language is spoken.
public enum SpokenLanguage: Sendable, Equatable {
    /// Chinese, unless the model is sure of English: Chinese with English words stays as it was said.
    case automatic
    /// Chinese with English words, or the reverse.
    case mixed
    /// ISO 639-1.
    case code(String)
}

/// How a sound is transcribed.
public struct TranscriptionOptions: Sendable {
    public var language = SpokenLanguage.automatic
    public var script = ChineseScript.simplified
    /// Pieces with the model's own timestamps, instead of one piece a window.
    public var hasTimestamps = false

    public init() {}
}
