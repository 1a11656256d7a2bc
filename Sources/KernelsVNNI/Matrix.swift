#if arch(x86_64)
import CIntrinsics
import CKernels
import KernelFormats
import KernelsX86Common

@_cdecl("vnni_matrix")
public func vnniMatrix(_ task: UnsafePointer<MatrixTask>, _ firstOutput: Int32, _ endOutput: Int32) {
    callByFormat(task, firstOutput, endOutput, q4: matrixQ4, q4s: matrixQ4S, q5: matrixQ5, q5s: matrixQ5S, q6: matrixQ6, q8: matrixQ8)
}

@inline(never) private func matrixQ4(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q4, task, first, end) }
@inline(never) private func matrixQ4S(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q4s, task, first, end) }
@inline(never) private func matrixQ5(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q5, task, first, end) }
@inline(never) private func matrixQ5S(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q5s, task, first, end) }
@inline(never) private func matrixQ6(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q6, task, first, end) }
@inline(never) private func matrixQ8(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q8, task, first, end) }

/// All rows of a slice: tiles of 8, 4, 2 and 1 rows by 16 outputs.
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
            let left = rows - row
            if left >= 8 {
                MatrixTile<8>.run(format, t, weights, groups: groups, row: row, output: output)
                row += 8
            } else if left >= 4 {
                MatrixTile<4>.run(format, t, weights, groups: groups, row: row, output: output)
                row += 4
            } else if left >= 2 {
                MatrixTile<2>.run(format, t, weights, groups: groups, row: row, output: output)
                row += 2
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
        var sums = InlineArray<Rows, __m512>(repeating: __m512())
        var block = weights
        var values = t.values + row * groups * 32
        var scales = t.scales + row * groups, totals = t.sums + row * groups
        for _ in 0..<groups {
            let operands = MatrixWeights(format, block)
            for r in 0..<Rows {
                sums[r] = operands.add(format, to: sums[r], values + r * groups * 32, scales + r * groups, totals + r * groups)
            }
            block += format.blockBytes
            values += 32
            scales += 1
            totals += 1
        }
        let stride = Int(t.outputStride)
        let at = row * stride + output
        for r in 0..<Rows {
            var result = sums[r]
            if let addend = t.addend { result = avx512_add(avx512_load_floats(addend + at + r * stride), result) }
            avx512_store_floats(t.output + at + r * stride, result)
        }
    }
}
#endif
