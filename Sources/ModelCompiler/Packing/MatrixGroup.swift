import Kernels

/// Scales of 32 weights of one row whose integers are the file's own: weight i = scale * (q[i] - offset) + minimum, the
/// offset being `MatrixFormat`'s.
public struct MatrixGroup: Equatable {
    /// Of the first 16 weights and of the others: the same but for Q6_K.
    public var scale: Float = 0, secondScale: Float = 0
    /// Added to each weight; 0 for symmetric formats.
    public var minimum: Float = 0

    /// What `MatrixLayout.store` takes beside `scale`.
    func second(_ format: MatrixFormat) -> Float { format == .q6 ? secondScale : minimum }
}

extension TransformerModel.Encoding {
    /// The format that takes this encoding's integers as they are; nil for F32, F16 and BF16, which are quantised anew.
    /// Scales become half floats: those of Q4_K, Q5_K and Q6_K are products and are rounded, the others are exact.
    public var matrixFormat: MatrixFormat? {
        switch self {
        case .f32, .f16, .bf16: nil
        case .q4_0: .q4s
        case .q4_1, .q4_K: .q4
        case .q5_0: .q5s
        case .q5_1, .q5_K: .q5
        case .q6_K: .q6
        case .q8_0: .q8
        }
    }
}
