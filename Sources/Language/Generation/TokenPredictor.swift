import Engine
import Platform

/// What generation needs of a language model: logits after tokens at a position, over a key-value cache.
public protocol TokenPredictor: AnyObject {
    /// Tokens that there are; a row of logits is this long, and rows lie `logitStride` apart.
    var vocabulary: Int { get }
    var logitStride: Int { get }
    /// Positions that the cache holds.
    var contextLength: Int { get }
    /// Most tokens of one `evaluate`, and most rows of logits that it gives.
    var maximumRows: Int { get }
    var maximumLogitRows: Int { get }
    /// Whether the next tokens may stand at `position`: sliding windows forget what lies too far back.
    func canResume(at position: Int) -> Bool
    /// Runs `tokens` at positions `position`, `position` + 1, …; whatever the cache held from `position` on is replaced.
    /// - Returns: logits of the last `logitRows` tokens; good, and the caller's to change, until the next call. A row
    ///   doesn't depend on how many are evaluated together.
    func evaluate(_ tokens: UnsafeBufferPointer<Int32>, position: Int, logitRows: Int) throws(Failure) -> UnsafeMutablePointer<Float>
}

extension LanguageRunner: TokenPredictor {}
