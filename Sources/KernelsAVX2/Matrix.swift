#if arch(x86_64)
import CIntrinsics
import CKernels
import KernelFormats
import KernelsX86Common

@_cdecl("avx2_matrix")
public func avx2Matrix(_ task: UnsafePointer<MatrixTask>, _ firstOutput: Int32, _ endOutput: Int32) {
    callByFormat(task, firstOutput, endOutput, q4: matrixQ4, q4s: matrixQ4S, q5: matrixQ5, q5s: matrixQ5S, q6: matrixQ6, q8: matrixQ8)
}

@inline(never) private func matrixQ4(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q4, task, first, end) }
@inline(never) private func matrixQ4S(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q4s, task, first, end) }
@inline(never) private func matrixQ5(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q5, task, first, end) }
@inline(never) private func matrixQ5S(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q5s, task, first, end) }
@inline(never) private func matrixQ6(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q6, task, first, end) }
@inline(never) private func matrixQ8(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q8, task, first, end) }

/// All rows of a slice: tiles of 4 rows and 1 row by 8 outputs, twice a block.
@_transparent
private func multiply(_ format: MatrixFormat, _ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) {
    let t = task.pointee
    let groups = Int(t.inputs) / 32, rows = Int(t.rows)
    let blockBytes = groups * format.blockBytes
    var output = first
    while output < end {
        let weights = UnsafeRawPointer(t.weights!) + output / 16 * blockBytes
        var row = 0
        while row < rows {
            if rows - row >= 4 {
                MatrixTile<4>.run(format, t, weights, groups: groups, row: row, output: output)
                row += 4
            } else {
                MatrixTile<1>.run(format, t, weights, groups: groups, row: row, output: output)
                row += 1
            }
        }
        output += 16
    }
}

/// Rows of activations by 16 outputs: weights are unpacked once for all of them.
private struct MatrixTile<let Rows: Int> {
    @inline(__always)
    static func run(_ format: MatrixFormat, _ t: MatrixTask, _ weights: UnsafeRawPointer, groups: Int, row: Int, output: Int) {
        var low = InlineArray<Rows, __m256>(repeating: __m256()), high = low
        var block = weights
        var values = t.values + row * groups * 32
        var scales = t.scales + row * groups, totals = t.sums + row * groups
        for _ in 0..<groups {
            let first = MatrixWeights(format, block, half: 0)
            for r in 0..<Rows { low[r] = first.add(format, to: low[r], values + r * groups * 32, scales + r * groups, totals + r * groups) }
            let second = MatrixWeights(format, block, half: 1)
            for r in 0..<Rows {
                high[r] = second.add(format, to: high[r], values + r * groups * 32, scales + r * groups, totals + r * groups)
            }
            block += format.blockBytes
            values += 32
            scales += 1
            totals += 1
        }
        let stride = Int(t.outputStride)
        let at = row * stride + output
        for r in 0..<Rows {
            var first = low[r], second = high[r]
            if let addend = t.addend {
                first = avx2_add(avx2_load_floats(addend + at + r * stride), first)
                second = avx2_add(avx2_load_floats(addend + at + r * stride + 8), second)
            }
            avx2_store_floats(t.output + at + r * stride, first)
            avx2_store_floats(t.output + at + r * stride + 8, second)
        }
    }
}

/// The weights of 8 outputs by 32 inputs as bytes, four inputs of each output in a register: unsigned, or signed where
/// that takes no correction (q6, q8). `format` is a constant wherever these are inlined.
private struct MatrixWeights {
    var q0, q1, q2, q3, q4, q5, q6, q7: __m256i
    var scale, second: __m256

    @_transparent
    init(_ format: MatrixFormat, _ block: UnsafeRawPointer, half: Int) {
        scale = avx2_load_halves(block + 16 * half)
        let hasSecond = format.hasSecondHalves
        second = hasSecond ? avx2_load_halves(block + 32 + 16 * half) : scale
        let lines = block + (hasSecond ? 64 : 32) + 32 * half
        let l0 = avx2_load(lines), l1 = avx2_load(lines + 64), l2 = avx2_load(lines + 128), l3 = avx2_load(lines + 192)
        if format.isBytes {
            q0 = l0
            q1 = l1
            q2 = l2
            q3 = l3
            q4 = avx2_load(lines + 256)
            q5 = avx2_load(lines + 320)
            q6 = avx2_load(lines + 384)
            q7 = avx2_load(lines + 448)
            return
        }
        let nibble = avx2_fill8(15)
        q0 = avx2_and(l0, nibble)
        q1 = avx2_and(l1, nibble)
        q2 = avx2_and(l2, nibble)
        q3 = avx2_and(l3, nibble)
        q4 = avx2_and(avx2_shift_right16(l0, 4), nibble)
        q5 = avx2_and(avx2_shift_right16(l1, 4), nibble)
        q6 = avx2_and(avx2_shift_right16(l2, 4), nibble)
        q7 = avx2_and(avx2_shift_right16(l3, 4), nibble)
        if format.bits == 5 {
            let bits = avx2_load(lines + 256), fifth = avx2_fill8(16)
            q0 = avx2_or(q0, avx2_and(avx2_shift_left16(bits, 4), fifth))
            q1 = avx2_or(q1, avx2_and(avx2_shift_left16(bits, 3), fifth))
            q2 = avx2_or(q2, avx2_and(avx2_shift_left16(bits, 2), fifth))
            q3 = avx2_or(q3, avx2_and(avx2_shift_left16(bits, 1), fifth))
            q4 = avx2_or(q4, avx2_and(bits, fifth))
            q5 = avx2_or(q5, avx2_and(avx2_shift_right16(bits, 1), fifth))
            q6 = avx2_or(q6, avx2_and(avx2_shift_right16(bits, 2), fifth))
            q7 = avx2_or(q7, avx2_and(avx2_shift_right16(bits, 3), fifth))
        }
        if format.hasLateScales {
            let early = avx2_load(lines + 256), late = avx2_load(lines + 320), both = avx2_fill8(48), offset = avx2_fill8(32)
            q0 = avx2_subtract8(avx2_or(q0, avx2_and(avx2_shift_left16(early, 4), both)), offset)
            q1 = avx2_subtract8(avx2_or(q1, avx2_and(avx2_shift_left16(early, 2), both)), offset)
            q2 = avx2_subtract8(avx2_or(q2, avx2_and(avx2_shift_left16(late, 4), both)), offset)
            q3 = avx2_subtract8(avx2_or(q3, avx2_and(avx2_shift_left16(late, 2), both)), offset)
            q4 = avx2_subtract8(avx2_or(q4, avx2_and(early, both)), offset)
            q5 = avx2_subtract8(avx2_or(q5, avx2_and(avx2_shift_right16(early, 2), both)), offset)
            q6 = avx2_subtract8(avx2_or(q6, avx2_and(late, both)), offset)
            q7 = avx2_subtract8(avx2_or(q7, avx2_and(avx2_shift_right16(late, 2), both)), offset)
        }
    }

    @_transparent
    func products(_ format: MatrixFormat, _ q: __m256i, _ values: UnsafePointer<Int8>) -> __m256i {
        let a = avx2_broadcast_dword(values)
        return format.bits > 5 ? avx2_byte_products(avx2_absolute8(q), avx2_signed8(a, q)) : avx2_byte_products(q, a)
    }

    /// Sums of products with inputs 0...15. Four pairs of products fit 16 bits in all formats but q8, where one does.
    @_transparent
    func firstHalf(_ format: MatrixFormat, _ values: UnsafePointer<Int8>) -> __m256i {
        sum(format, products(format, q0, values), products(format, q1, values + 4), products(format, q2, values + 8),
            products(format, q3, values + 12))
    }

    /// The same of inputs 16...31.
    @_transparent
    func secondHalf(_ format: MatrixFormat, _ values: UnsafePointer<Int8>) -> __m256i {
        sum(format, products(format, q4, values + 16), products(format, q5, values + 20), products(format, q6, values + 24),
            products(format, q7, values + 28))
    }

    @_transparent
    func sum(_ format: MatrixFormat, _ a: __m256i, _ b: __m256i, _ c: __m256i, _ d: __m256i) -> __m256i {
        if format.isBytes {
            return avx2_add32(avx2_add32(avx2_widen_pairs(a), avx2_widen_pairs(b)), avx2_add32(avx2_widen_pairs(c), avx2_widen_pairs(d)))
        }
        return avx2_widen_pairs(avx2_add16(avx2_add16(a, b), avx2_add16(c, d)))
    }

    /// `sum` and what one group of a row adds to it.
    @_transparent
    func add(_ format: MatrixFormat, to sum: __m256, _ values: UnsafePointer<Int8>, _ scale: UnsafePointer<Float>,
             _ total: UnsafePointer<Float>) -> __m256 {
        let rowScale = avx2_broadcast_float(scale)
        let first = firstHalf(format, values), last = secondHalf(format, values)
        if format.hasLateScales {
            let half = avx2_multiply_add(sum, avx2_floats(first), avx2_multiply(self.scale, rowScale))
            return avx2_multiply_add(half, avx2_floats(last), avx2_multiply(second, rowScale))
        }
        var dot = avx2_floats(avx2_add32(first, last))
        // Every partial sum is an integer below 2^24, so this is exact.
        if format.offset != 0 && !format.hasLateScales {
            dot = avx2_multiply_add(dot, avx2_broadcast_float(total), avx2_fill_floats(-Float(format.offset)))
        }
        let scaled = avx2_multiply_add(sum, dot, avx2_multiply(self.scale, rowScale))
        guard format.isAffine else { return scaled }
        return avx2_multiply_add(scaled, avx2_multiply(avx2_broadcast_float(total), rowScale), second)
    }
}
#endif
