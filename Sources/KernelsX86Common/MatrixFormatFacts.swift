/// What the families need to know of the formats of LanguageKernels.h, by number: 1 q4, 2 q4s, 3 q5, 4 q5s, 5 q6, 6 q8.
public enum MatrixFormatFacts {
    @_transparent
    public static func isAffine(_ format: Int) -> Bool { format == 1 || format == 3 }

    /// Whether a block has 16 more half floats after its scales: minima, or further scales.
    @_transparent
    public static func hasSecond(_ format: Int) -> Bool { format == 1 || format == 3 || format == 5 }

    @_transparent
    public static func blockBytes(_ format: Int) -> Int {
        switch format {
        case 1: 320
        case 2: 288
        case 3: 384
        case 4: 352
        case 5: 448
        default: 544
        }
    }

    /// What is to be subtracted from a weight as unsigned byte.
    @_transparent
    public static func offset(_ format: Int) -> Float {
        switch format {
        case 2: 8
        case 4: 16
        case 5: 32
        case 6: 128
        default: 0
        }
    }
}
