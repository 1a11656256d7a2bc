#if arch(arm64)
import CIntrinsics
import CKernels
import KernelFormats

/// Where a row of quantised activations is being read.
public struct MatrixRow {
    public var values: UnsafePointer<Int8>
    public var scales, totals: UnsafePointer<Float>

    /// At the first group of a row that has `groups` groups of 32 values, a scale and a sum each.
    @_transparent
    public init(_ task: UnsafePointer<MatrixTask>, _ row: Int, groups: Int) {
        values = task.pointee.values + row &* groups &* 32
        scales = task.pointee.scales + row &* groups
        totals = task.pointee.sums + row &* groups
    }

    /// Goes on to the next group: 32 values, one scale, one sum.
    @_transparent
    public mutating func next() {
        values += 32
        scales += 1
        totals += 1
    }
}

/// Eight outputs' floats.
public struct Floats8 {
    public var v0, v1: float32x4_t

    @_transparent
    public init(_ v0: float32x4_t, _ v1: float32x4_t) {
        self.v0 = v0
        self.v1 = v1
    }

    /// Eight half floats.
    @_transparent
    public init(halves p: UnsafeRawPointer) {
        let a = load_halves(p)
        self.init(low_halves(a), high_halves(a))
    }

    /// What one group adds: sums of products (less the offset where that is still missing), scales and minima.
    @_transparent
    public mutating func add(_ format: MatrixFormat, _ dot0: int32x4_t, _ dot1: int32x4_t, _ scales: Floats8, _ minima: Floats8,
                             _ scale: Float, _ total: Float) {
        var d0 = float_from_i32(dot0), d1 = float_from_i32(dot1)
        if format.offset != 0 && !format.hasLateScales {
            // Integers below 2^24: exact.
            let offset = repeat_f32x4(0 - Float(format.offset))
            d0 = multiply_add_scalar(d0, offset, total)
            d1 = multiply_add_scalar(d1, offset, total)
        }
        v0 = multiply_add_f32(v0, d0, multiply_scalar(scales.v0, scale))
        v1 = multiply_add_f32(v1, d1, multiply_scalar(scales.v1, scale))
        if format.isAffine {
            let sum = total * scale
            v0 = multiply_add_scalar(v0, minima.v0, sum)
            v1 = multiply_add_scalar(v1, minima.v1, sum)
        }
    }

    /// Stores the eight sums, with `addend` where there is one.
    @_transparent
    public func store(_ output: UnsafeMutablePointer<Float>, addend: UnsafePointer<Float>?) {
        if let addend {
            store_f32x4(output, add_f32(load_f32x4(addend), v0))
            store_f32x4(output + 4, add_f32(load_f32x4(addend + 4), v1))
        } else {
            store_f32x4(output, v0)
            store_f32x4(output + 4, v1)
        }
    }
}
#endif
