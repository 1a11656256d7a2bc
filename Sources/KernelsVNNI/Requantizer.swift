#if arch(x86_64)
import CIntrinsics

/// The end of every int8 kernel: 32-bit sums of 16 channels a register to bytes, 64 channels a store.
struct Requantizer {
    let upper: __m512
    private let zeroPoints: __m512i
    private let lower: __m512i
    private let order: __m512i

    @inline(__always)
    init(zeroPoint: Int32, minimum: Int32, maximum: Int32) {
        // Bounding before the conversion to integers keeps large products from wrapping; what is too small turns into
        // the least integer by itself and saturates on the way down.
        upper = avx512_fill_floats(Float(maximum - zeroPoint))
        zeroPoints = avx512_fill16(Int16(truncatingIfNeeded: zeroPoint))
        lower = avx512_fill8(Int8(truncatingIfNeeded: minimum))
        order = unsafeBitCast(SIMD16<Int32>(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), to: __m512i.self)
    }

    @inline(__always)
    func scaled(_ sums: __m512i, _ scales: UnsafePointer<Float>) -> __m512i {
        avx512_scale(sums, avx512_load_floats(scales), upper)
    }

    /// Bytes of channels 0..<64 from four registers of rounded values in channel order.
    @inline(__always)
    func bytes(_ a: __m512i, _ b: __m512i, _ c: __m512i, _ d: __m512i) -> __m512i {
        avx512_permute32(order, bytesByLane(a, b, c, d))
    }

    /// The same where each register holds four channels of every 16: the order that transposing by lanes gives.
    @inline(__always)
    func bytesByLane(_ a: __m512i, _ b: __m512i, _ c: __m512i, _ d: __m512i) -> __m512i {
        let low = avx512_add_saturating16(avx512_pack16(a, b), zeroPoints)
        let high = avx512_add_saturating16(avx512_pack16(c, d), zeroPoints)
        return avx512_maximum8(avx512_pack8(low, high), lower)
    }
}

/// A mask of the lowest `count` of 64 bytes.
@inline(__always)
func byteMask(_ count: Int) -> UInt64 { count >= 64 ? .max : (1 << UInt64(count)) - 1 }
#endif
