/// 32 weights of one row, as the file's integers: weight i = scale(i) * (values[i] - offset) + minimum. `scale` counts
/// for the first 16, `secondScale` for the others (the same but for Q6_K). Offset and formats are `GroupFormat`'s.
public struct MatrixGroup {
    public var scale: Float = 0, secondScale: Float = 0
    /// Added to each weight; 0 for symmetric formats.
    public var minimum: Float = 0
}

/// How the 32 integers of a group are coded: the formats of LanguageKernels.h, by the same names and numbers.
public enum GroupFormat: Int32, Sendable, CaseIterable {
    case q4 = 1, q4s = 2, q5 = 3, q5s = 4, q6 = 5, q8 = 6

    /// Taken from the stored integer before it is scaled.
    public var offset: Int {
        switch self {
        case .q4, .q5, .q8: 0
        case .q4s: 8
        case .q5s: 16
        case .q6: 32
        }
    }

    /// A minimum is added.
    public var isAffine: Bool { self == .q4 || self == .q5 }

    /// The stored integers; q8's are signed, the others unsigned.
    public var range: ClosedRange<Int> {
        switch self {
        case .q4, .q4s: 0...15
        case .q5, .q5s: 0...31
        case .q6: 0...63
        case .q8: -128...127
        }
    }
}

extension TransformerModel.Encoding {
    /// The format that takes this encoding's integers as they are; nil for F32, F16 and BF16, which are quantised anew.
    /// Scales become half floats: those of Q4_K, Q5_K and Q6_K are products and are rounded, the others are exact.
    public var groupFormat: GroupFormat? {
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
