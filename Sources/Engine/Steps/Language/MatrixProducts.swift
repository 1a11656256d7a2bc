import CKernels
import Kernels
import Nest

/// Products of a matrix with rows of 16 bits: those of the two rows of 8 bits, added. Weights are read and unpacked once
/// for both, because kernels do two rows at a time anyway.
struct MatrixProducts {
    /// Floats of scratch that products of two rows wait in: half of the smallest first-level cache.
    private static let waitingFloats = 4096

    private let kernel: (UnsafePointer<MatrixTask>, Int32, Int32) -> Void
    private let mostRows: Int

    /// `mostRows`: of 16 bits.
    init(_ kernel: @escaping (UnsafePointer<MatrixTask>, Int32, Int32) -> Void, mostRows: Int) {
        self.kernel = kernel
        self.mostRows = mostRows
    }

    var scratchBytes: Int { max(MatrixProducts.waitingFloats, 2 * mostRows * 16) * 4 }

    /// `task.rows` counts rows of 16 bits, `task.output` and `task.addend` have as many; the activation has two of 8 for
    /// each.
    func execute(_ task: UnsafePointer<MatrixTask>, _ outputs: Range<Int>, _ scratch: UnsafeMutablePointer<Float>) {
        let rows = Int(task.pointee.rows), stride = Int(task.pointee.outputStride)
        let width = max(16, MatrixProducts.waitingFloats / (2 * rows) / 16 * 16)
        var part = task.pointee
        part.rows = Int32(2 * rows)
        part.addend = nil
        part.outputStride = Int32(width)
        var first = outputs.lowerBound
        while first < outputs.upperBound {
            let end = min(first + width, outputs.upperBound)
            // The kernel counts outputs from the matrix's first.
            part.output = scratch - first
            kernel(&part, Int32(first), Int32(end))
            for row in 0..<rows {
                let product = scratch + 2 * row * width, to = task.pointee.output + row * stride + first
                if let addend = task.pointee.addend {
                    let addend = addend + row * stride + first
                    for i in 0..<end - first { to[i] = product[i] + product[width + i] + addend[i] }
                } else {
                    for i in 0..<end - first { to[i] = product[i] + product[width + i] }
                }
            }
            first = end
        }
    }
}
