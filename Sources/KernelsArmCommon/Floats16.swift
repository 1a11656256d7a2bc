#if arch(arm64)
import CIntrinsics

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

    /// 16 integer sums as floats, rounded where they pass 2^24.
    @_transparent
    public init(_ sums: Sums16) {
        self.init(float_from_i32(sums.v0), float_from_i32(sums.v1), float_from_i32(sums.v2), float_from_i32(sums.v3))
    }

    /// All 16 multiplied by `x`.
    @_transparent
    public func times(_ x: Float) -> Floats16 {
        Floats16(multiply_scalar(v0, x), multiply_scalar(v1, x), multiply_scalar(v2, x), multiply_scalar(v3, x))
    }

    /// Adds the products of `a` and `b`, element by element, fused.
    @_transparent
    public mutating func add(_ a: Floats16, times b: Floats16) {
        v0 = multiply_add_f32(v0, a.v0, b.v0)
        v1 = multiply_add_f32(v1, a.v1, b.v1)
        v2 = multiply_add_f32(v2, a.v2, b.v2)
        v3 = multiply_add_f32(v3, a.v3, b.v3)
    }

    /// Adds `a` multiplied by one number, fused.
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
