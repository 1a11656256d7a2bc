#if arch(arm64)
import CIntrinsics

/// From 32-bit sums to int8 results: the formula at the top of CKernels.h.
public struct Requantizer {
    @usableFromInline let zeroPoint: int16x8_t
    @usableFromInline let minimum: int8x16_t
    @usableFromInline let maximum: int8x16_t
    /// False where saturation alone does what the clamp asks.
    @usableFromInline let clamps: Bool

    /// Takes the output's zero point and the bounds of its clamp, all in the range of int8.
    @inlinable @inline(__always)
    public init(zeroPoint: Int32, minimum: Int32, maximum: Int32) {
        self.zeroPoint = repeat_i16x8(Int16(truncatingIfNeeded: zeroPoint))
        self.minimum = repeat_i8x16(Int8(truncatingIfNeeded: minimum))
        self.maximum = repeat_i8x16(Int8(truncatingIfNeeded: maximum))
        clamps = minimum > -128 || maximum < 127
    }

    /// Sums times scales, rounded to the nearest integer, ties to even; the zero point is still missing.
    @inlinable @inline(__always)
    public func scaled(_ sums: int32x4_t, _ scales: float32x4_t) -> int32x4_t {
        nearest_i32(multiply_f32(float_from_i32(sums), scales))
    }

    /// Results, the zero point included, limited to the bounds.
    @inlinable @inline(__always)
    public func clamped(_ v: int8x16_t) -> int8x16_t {
        clamps ? minimum_i8(maximum_i8(v, minimum), maximum) : v
    }

    /// Sixteen results of four vectors of scaled sums.
    @inlinable @inline(__always)
    public func packed(_ a: int32x4_t, _ b: int32x4_t, _ c: int32x4_t, _ d: int32x4_t) -> int8x16_t {
        clamped(narrow_i16(
            add_saturating_i16(narrow_i32(a, b), zeroPoint),
            add_saturating_i16(narrow_i32(c, d), zeroPoint)))
    }
}

/// Bias or sums of up to sixteen channels.
public struct Sums16 {
    public var v0, v1, v2, v3: int32x4_t

    @inlinable @inline(__always)
    public init(_ v0: int32x4_t, _ v1: int32x4_t, _ v2: int32x4_t, _ v3: int32x4_t) {
        self.v0 = v0
        self.v1 = v1
        self.v2 = v2
        self.v3 = v3
    }

    /// Loads 4 channels for each of `vectors` vectors (1 to 4); the vectors beyond repeat the first.
    @inlinable @inline(__always)
    public init(loading p: UnsafePointer<Int32>, vectors: Int) {
        v0 = load_i32x4(p)
        v1 = vectors > 1 ? load_i32x4(p + 4) : v0
        v2 = vectors > 2 ? load_i32x4(p + 8) : v0
        v3 = vectors > 3 ? load_i32x4(p + 12) : v0
    }
}

/// Scales of up to sixteen channels.
public struct Scales16 {
    public let v0, v1, v2, v3: float32x4_t

    /// Loads 4 channels for each of `vectors` vectors (1 to 4); the vectors beyond repeat the first.
    @inlinable @inline(__always)
    public init(loading p: UnsafePointer<Float>, vectors: Int) {
        v0 = load_f32x4(p)
        v1 = vectors > 1 ? load_f32x4(p + 4) : v0
        v2 = vectors > 2 ? load_f32x4(p + 8) : v0
        v3 = vectors > 3 ? load_f32x4(p + 12) : v0
    }
}

extension Requantizer {
    /// Requantises `vectors` vectors (a constant where this is inlined) and stores their first `valid` channels.
    @inlinable @inline(__always)
    public func store(_ sums: Sums16, _ scales: Scales16, vectors: Int, valid: Int, to output: UnsafeMutablePointer<Int8>) {
        let a = scaled(sums.v0, scales.v0)
        let b = vectors > 1 ? scaled(sums.v1, scales.v1) : a
        let c = vectors > 2 ? scaled(sums.v2, scales.v2) : a
        let d = vectors > 3 ? scaled(sums.v3, scales.v3) : a
        let q = vectors > 2 ? packed(a, b, c, d) : clamped(narrow_i16(
            add_saturating_i16(narrow_i32(a, b), zeroPoint), add_saturating_i16(narrow_i32(a, b), zeroPoint)))
        if valid == 16 {
            store_i8x16(output, q)
        } else {
            store_low_i8(output, q, Int32(truncatingIfNeeded: valid))
        }
    }
}
#endif
