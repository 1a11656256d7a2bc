/// What the values of an int8 tensor mean channel by channel (last axis), beside its scale and zero point:
/// real = offset + factor * scale * (quantised - zero point). Only tensors whose readers and makers are convolutions,
/// their functions, or operations that leave channels apart can have one: weights and tables take it up, no instruction
/// sees it.
public struct ChannelCoding: Sendable, Equatable {
    public var factors: [Float]
    public var offsets: [Float]

    /// - Parameter offsets: zeros if not given; only a value between a convolution and its function has others.
    public init(factors: [Float], offsets: [Float]? = nil) {
        self.factors = factors
        self.offsets = offsets ?? [Float](repeating: 0, count: factors.count)
    }

    /// The real values of whole pixels that were dequantised with the tensor's scale and zero point alone.
    func real(_ values: [Float]) -> [Float] {
        values.enumerated().map { offsets[$0 % factors.count] + factors[$0 % factors.count] * $1 }
    }
}
