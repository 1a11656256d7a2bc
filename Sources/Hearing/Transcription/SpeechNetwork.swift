import Platform

/// What transcription needs of a speech model: an encoder over log-mel frames, and a decoder that gives logits after tokens.
public protocol SpeechNetwork: AnyObject {
    /// Mel bands of a frame.
    var melBins: Int { get }
    /// Most frames of one `encode`; 100 are a second.
    var maximumFrames: Int { get }
    /// Tokens that there are; a row of logits is this long, and rows lie `logitStride` apart.
    var vocabulary: Int { get }
    var logitStride: Int { get }
    /// Positions of the decoder.
    var contextLength: Int { get }
    /// Most tokens of one `evaluate`, and most rows of logits that it gives.
    var maximumRows: Int { get }
    var maximumLogitRows: Int { get }
    /// Encodes frames, row-major [frames][melBins], an even number; the last of them, and four more that lie behind them, are
    /// silence.
    /// - Parameter tailStride: 0: the window ends with the frames; otherwise the rest of the model's 30 s is stood for by one
    ///   weighted silent position for each `tailStride` of it.
    /// - Parameter isCancelled: asked often while it works.
    /// - Returns: false where it was cancelled: then nothing is encoded.
    func encode(_ mel: UnsafeBufferPointer<Float>, frames: Int, tailStride: Int, isCancelled: () -> Bool) throws(Failure) -> Bool
    /// Runs the decoder for `tokens` at positions `position`, `position` + 1, …; what stood there before is replaced.
    /// - Returns: logits of the last `logitRows` tokens; good, and the caller's to change, until the next call.
    func evaluate(_ tokens: UnsafeBufferPointer<Int32>, position: Int, logitRows: Int) throws(Failure) -> UnsafeMutablePointer<Float>
}
