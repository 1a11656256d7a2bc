import Platform

/// What generation needs of a language model: logits after tokens at a position, over a key-value cache.
public protocol TokenPredictor: AnyObject {
    /// Tokens that there are; a row of logits is this long.
    var vocabulary: Int { get }
    /// Positions that the cache holds.
    var contextLength: Int { get }
    /// Most tokens of one `evaluate`.
    var maximumRows: Int { get }
    /// Runs `tokens` at positions `position`, `position` + 1, …; whatever the cache held from `position` on is replaced.
    /// - Returns: logits of the last token, or a row for each token where `everyRow`; good, and the caller's to change,
    ///   until the next call. A row doesn't depend on how many rows are asked for together.
    func evaluate(_ tokens: UnsafeBufferPointer<Int32>, position: Int, everyRow: Bool) throws(Failure) -> UnsafeMutablePointer<Float>
}
