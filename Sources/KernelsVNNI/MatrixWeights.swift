#if arch(x86_64)
import CIntrinsics
import CKernels
import KernelFormats
import KernelsX86Common

/// The weights of 16 outputs by 32 inputs as operands of dot products: unsigned bytes, four inputs of each output in a
/// register. `format` is a constant wherever these are inlined.
struct MatrixWeights {
    var q0, q1, q2, q3, q4, q5, q6, q7: __m512i
    var scale, second: __m512

    @_transparent
    init(_ format: MatrixFormat, _ block: UnsafeRawPointer) {
        scale = avx512_load_halves(block)
        let hasSecond = format.hasSecondHalves
        second = hasSecond ? avx512_load_halves(block + 32) : scale
        let lines = block + (hasSecond ? 64 : 32)
        let l0 = avx512_load(lines), l1 = avx512_load(lines + 64), l2 = avx512_load(lines + 128), l3 = avx512_load(lines + 192)
        if format.isBytes {
            // From [-128, 127] to [0, 255].
            let flip = avx512_fill8(-128)
            q0 = avx512_xor(l0, flip)
            q1 = avx512_xor(l1, flip)
            q2 = avx512_xor(l2, flip)
            q3 = avx512_xor(l3, flip)
            q4 = avx512_xor(avx512_load(lines + 256), flip)
            q5 = avx512_xor(avx512_load(lines + 320), flip)
            q6 = avx512_xor(avx512_load(lines + 384), flip)
            q7 = avx512_xor(avx512_load(lines + 448), flip)
            return
        }
        let nibble = avx512_fill8(15)
        q0 = avx512_and(l0, nibble)
        q1 = avx512_and(l1, nibble)
        q2 = avx512_and(l2, nibble)
        q3 = avx512_and(l3, nibble)
        q4 = avx512_and(avx512_shift_right16(l0, 4), nibble)
        q5 = avx512_and(avx512_shift_right16(l1, 4), nibble)
        q6 = avx512_and(avx512_shift_right16(l2, 4), nibble)
        q7 = avx512_and(avx512_shift_right16(l3, 4), nibble)
        if format.bits == 5 {
            let bits = avx512_load(lines + 256), fifth = avx512_fill8(16)
            q0 = avx512_and_or(avx512_shift_left16(bits, 4), fifth, q0)
            q1 = avx512_and_or(avx512_shift_left16(bits, 3), fifth, q1)
            q2 = avx512_and_or(avx512_shift_left16(bits, 2), fifth, q2)
            q3 = avx512_and_or(avx512_shift_left16(bits, 1), fifth, q3)
            q4 = avx512_and_or(bits, fifth, q4)
            q5 = avx512_and_or(avx512_shift_right16(bits, 1), fifth, q5)
            q6 = avx512_and_or(avx512_shift_right16(bits, 2), fifth, q6)
            q7 = avx512_and_or(avx512_shift_right16(bits, 3), fifth, q7)
        }
        if format.hasLateScales {
            let early = avx512_load(lines + 256), late = avx512_load(lines + 320), both = avx512_fill8(48)
            q0 = avx512_and_or(avx512_shift_left16(early, 4), both, q0)
            q1 = avx512_and_or(avx512_shift_left16(early, 2), both, q1)
            q2 = avx512_and_or(avx512_shift_left16(late, 4), both, q2)
            q3 = avx512_and_or(avx512_shift_left16(late, 2), both, q3)
            q4 = avx512_and_or(early, both, q4)
            q5 = avx512_and_or(avx512_shift_right16(early, 2), both, q5)
            q6 = avx512_and_or(late, both, q6)
            q7 = avx512_and_or(avx512_shift_right16(late, 2), both, q7)
        }
    }

    /// Sums of products with inputs 0...15, not less any offset.
    @_transparent
    func firstHalf(_ values: UnsafePointer<Int8>) -> __m512i {
        var sum = avx512_dot(__m512i(), q0, avx512_broadcast_dword(values))
        sum = avx512_dot(sum, q1, avx512_broadcast_dword(values + 4))
        sum = avx512_dot(sum, q2, avx512_broadcast_dword(values + 8))
        return avx512_dot(sum, q3, avx512_broadcast_dword(values + 12))
    }

    /// The same of inputs 16...31, added to `start`.
    @_transparent
    func secondHalf(_ start: __m512i, _ values: UnsafePointer<Int8>) -> __m512i {
        var sum = avx512_dot(start, q4, avx512_broadcast_dword(values + 16))
        sum = avx512_dot(sum, q5, avx512_broadcast_dword(values + 20))
        sum = avx512_dot(sum, q6, avx512_broadcast_dword(values + 24))
        return avx512_dot(sum, q7, avx512_broadcast_dword(values + 28))
    }

    /// `sum` and what one group of a row adds to it.
    @_transparent
    func add(_ format: MatrixFormat, to sum: __m512, _ values: UnsafePointer<Int8>, _ scale: UnsafePointer<Float>,
             _ total: UnsafePointer<Float>) -> __m512 {
        let rowScale = avx512_broadcast_float(scale)
        if format.hasLateScales {
            // The offset of each half by itself: 32 times the sum of its values.
            let offset = avx512_fill8(32)
            var first = avx512_dot(__m512i(), offset, avx512_broadcast_dword(values))
            first = avx512_dot(first, offset, avx512_broadcast_dword(values + 4))
            first = avx512_dot(first, offset, avx512_broadcast_dword(values + 8))
            first = avx512_dot(first, offset, avx512_broadcast_dword(values + 12))
            var last = avx512_dot(__m512i(), offset, avx512_broadcast_dword(values + 16))
            last = avx512_dot(last, offset, avx512_broadcast_dword(values + 20))
            last = avx512_dot(last, offset, avx512_broadcast_dword(values + 24))
            last = avx512_dot(last, offset, avx512_broadcast_dword(values + 28))
            first = avx512_subtract32(firstHalf(values), first)
            last = avx512_subtract32(secondHalf(__m512i(), values), last)
            let half = avx512_multiply_add(sum, avx512_floats(first), avx512_multiply(self.scale, rowScale))
            return avx512_multiply_add(half, avx512_floats(last), avx512_multiply(second, rowScale))
        }
        var dot = avx512_floats(secondHalf(firstHalf(values), values))
        let offset = format.unsignedOffset
        // Every partial sum is an integer below 2^24, so this is exact.
        if offset != 0 { dot = avx512_multiply_add(dot, avx512_broadcast_float(total), avx512_fill_floats(-offset)) }
        let scaled = avx512_multiply_add(sum, dot, avx512_multiply(self.scale, rowScale))
        guard format.isAffine else { return scaled }
        return avx512_multiply_add(scaled, avx512_multiply(avx512_broadcast_float(total), rowScale), second)
    }
}
#endif
