#if arch(arm64)
import CIntrinsics

/// What the families need to know of the formats of LanguageKernels.h, by number: 1 q4, 2 q4s, 3 q5, 4 q5s, 5 q6, 6 q8.
/// A format is a constant wherever these are inlined.
public enum MatrixFormatFacts {
    @_transparent
    public static func isAffine(_ format: Int) -> Bool { format == 1 || format == 3 }

    /// Where the lines of weights begin: 16 or 32 half floats lie before them.
    @_transparent
    public static func linesStart(_ format: Int) -> Int { format == 1 || format == 3 || format == 5 ? 64 : 32 }

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

    /// What a symmetric format subtracts; q8 is signed as it lies.
    @_transparent
    public static func offset(_ format: Int) -> Int8 {
        switch format {
        case 2: 8
        case 4: 16
        case 5: 32
        default: 0
        }
    }

    /// The further bits of line `line` (a constant), given the vector of them that belongs to it: the low nibbles' from
    /// bit 0 on, the high nibbles' from bit 4 on.
    @_transparent
    public static func bits(_ format: Int, _ line: Int, _ v: int8x16_t) -> int8x16_t {
        if format == 5 { return line & 1 == 0 ? v : shift_right2_u8(v) }
        switch line {
        case 0: return v
        case 1: return shift_right1_u8(v)
        case 2: return shift_right2_u8(v)
        default: return shift_right3_u8(v)
        }
    }

    /// Operands of inputs 4i...4i+3 from 16 bytes of line i and their further bits.
    @_transparent
    public static func low(_ format: Int, _ line: int8x16_t, _ bits: int8x16_t) -> int8x16_t {
        if format <= 2 { return and_i8(line, repeat_i8x16(15)) }
        return and_i8(joined_low_nibbles(line, bits), repeat_i8x16(format == 5 ? 63 : 31))
    }

    /// Operands of inputs 16+4i...16+4i+3.
    @_transparent
    public static func high(_ format: Int, _ line: int8x16_t, _ bits: int8x16_t) -> int8x16_t {
        if format <= 2 { return high_nibbles(line) }
        return add_high_nibbles(and_i8(bits, repeat_i8x16(format == 5 ? 48 : 16)), line)
    }
}

/// Four floats of each of four vectors: 16 outputs.
public struct Floats16 {
    public var v0, v1, v2, v3: float32x4_t

    @_transparent
    public init(_ v0: float32x4_t, _ v1: float32x4_t, _ v2: float32x4_t, _ v3: float32x4_t) {
        self.v0 = v0
        self.v1 = v1
        self.v2 = v2
        self.v3 = v3
    }

    /// 16 half floats.
    @_transparent
    public init(halves p: UnsafeRawPointer) {
        let a = load_halves(p), b = load_halves(p + 16)
        self.init(low_halves(a), high_halves(a), low_halves(b), high_halves(b))
    }

    @_transparent
    public init(_ sums: Sums16) {
        self.init(float_from_i32(sums.v0), float_from_i32(sums.v1), float_from_i32(sums.v2), float_from_i32(sums.v3))
    }

    @_transparent
    public func times(_ x: Float) -> Floats16 {
        Floats16(multiply_scalar(v0, x), multiply_scalar(v1, x), multiply_scalar(v2, x), multiply_scalar(v3, x))
    }

    @_transparent
    public mutating func add(_ a: Floats16, times b: Floats16) {
        v0 = multiply_add_f32(v0, a.v0, b.v0)
        v1 = multiply_add_f32(v1, a.v1, b.v1)
        v2 = multiply_add_f32(v2, a.v2, b.v2)
        v3 = multiply_add_f32(v3, a.v3, b.v3)
    }

    @_transparent
    public mutating func add(_ a: Floats16, times b: Float) {
        v0 = multiply_add_scalar(v0, a.v0, b)
        v1 = multiply_add_scalar(v1, a.v1, b)
        v2 = multiply_add_scalar(v2, a.v2, b)
        v3 = multiply_add_scalar(v3, a.v3, b)
    }

    /// Stores the sums, with `addend` where there is one.
    @_transparent
    public func store(_ output: UnsafeMutablePointer<Float>, addend: UnsafePointer<Float>?) {
        if let addend {
            store_f32x4(output, add_f32(load_f32x4(addend), v0))
            store_f32x4(output + 4, add_f32(load_f32x4(addend + 4), v1))
            store_f32x4(output + 8, add_f32(load_f32x4(addend + 8), v2))
            store_f32x4(output + 12, add_f32(load_f32x4(addend + 12), v3))
        } else {
            store_f32x4(output, v0)
            store_f32x4(output + 4, v1)
            store_f32x4(output + 8, v2)
            store_f32x4(output + 12, v3)
        }
    }
}
#endif
