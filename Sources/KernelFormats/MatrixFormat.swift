@_exported import CKernels

/// What code needs to know of a format of LanguageKernels.h, and cannot work out from these.
public struct MatrixFormatFacts {
    /// Bits of a weight: four lie in nibbles, a fifth and sixth in lines of their own; eight are bytes.
    public let bits: Int
    /// Minima follow the scales: a weight is scale*q + minimum; otherwise it is scale*(q - offset).
    public let isAffine: Bool
    /// Scales for inputs 16...31 of a group follow those for inputs 0...15.
    public let hasLateScales: Bool
    /// What is subtracted from q.
    public let offset: Int

    @_transparent
    @usableFromInline init(bits: Int, isAffine: Bool = false, hasLateScales: Bool = false, offset: Int = 0) {
        self.bits = bits
        self.isAffine = isAffine
        self.hasLateScales = hasLateScales
        self.offset = offset
    }
}

/// Inlined into every kernel, where a format is a constant.
extension MatrixFormat {
    /// The constants of this format; they fold away where the format is one.
    @_transparent
    public var facts: MatrixFormatFacts {
        switch self {
        case .q4: MatrixFormatFacts(bits: 4, isAffine: true)
        case .q4s: MatrixFormatFacts(bits: 4, offset: 8)
        case .q5: MatrixFormatFacts(bits: 5, isAffine: true)
        case .q5s: MatrixFormatFacts(bits: 5, offset: 16)
        case .q6: MatrixFormatFacts(bits: 6, hasLateScales: true, offset: 32)
        case .q8: MatrixFormatFacts(bits: 8)
        }
    }

    /// Bits of a weight.
    @_transparent
    public var bits: Int { facts.bits }

    /// A weight is scale*q + minimum; otherwise it is scale*(q - offset).
    @_transparent
    public var isAffine: Bool { facts.isAffine }

    /// Inputs 16...31 of a group have scales of their own.
    @_transparent
    public var hasLateScales: Bool { facts.hasLateScales }

    /// What a symmetric format subtracts from q.
    @_transparent
    public var offset: Int { facts.offset }

    /// A weight is a byte, signed as it lies; otherwise it is a nibble with further bits elsewhere, and unsigned.
    @_transparent
    public var isBytes: Bool { facts.bits == 8 }

    /// Lines of further bits follow the nibbles.
    @_transparent
    public var hasFurtherBits: Bool { facts.bits == 5 || facts.bits == 6 }

    /// 16 more half floats follow the scales: minima, or further scales.
    @_transparent
    public var hasSecondHalves: Bool { facts.isAffine || facts.hasLateScales }

    /// Where the lines of weights begin in a block: 16 or 32 half floats lie before them.
    @_transparent
    public var linesStart: Int { hasSecondHalves ? 64 : 32 }

    /// Bytes of a block of 16 outputs by 32 inputs.
    @_transparent
    public var blockBytes: Int { linesStart &+ facts.bits &* 64 }
}

extension MatrixFormat: @retroactive CaseIterable {
    /// All formats, in the order of their numbers.
    public static var allCases: [MatrixFormat] { [.q4, .q4s, .q5, .q5s, .q6, .q8] }

    /// The format with that number; nil where there is none. (What C gives Swift as `init(rawValue:)` takes any number.)
    public init?(number: Int32) {
        guard let format = MatrixFormat.allCases.first(where: { $0.rawValue == number }) else { return nil }
        self = format
    }

    /// The name people know, "q4s" say.
    public var name: String {
        switch self {
        case .q4: "q4"
        case .q4s: "q4s"
        case .q5: "q5"
        case .q5s: "q5s"
        case .q6: "q6"
        case .q8: "q8"
        }
    }

    /// The values that q may take.
    public var range: ClosedRange<Int> { isBytes ? -128...127 : 0...(1 << bits) - 1 }

    /// Scales that an output has in a group of 32 inputs.
    public var scalesPerGroup: Int { hasLateScales ? 2 : 1 }
}
