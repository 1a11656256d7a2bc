import CKernels
import CLinux
import Kernels
import Nest

/// Cuts the outputs of a matrix into slices of whole blocks.
struct BlockPartition {
    private(set) var count = 1, blocksPerSlice = 1

    /// - operations: multiply-accumulates of one block.
    /// - most: blocks that a slice may have.
    init(blocks: Int, operations: Int, threads: Int, most: Int = .max) {
        // Below this a slice costs more to hand over than to execute.
        let smallest = 50_000
        let wanted = threads == 1 ? 1 : max(1, min(threads * 4, blocks * operations / smallest))
        blocksPerSlice = min((blocks + wanted - 1) / wanted, most)
        count = (blocks + blocksPerSlice - 1) / blocksPerSlice
    }
}

/// A matrix times quantised rows, with an addend and a soft cap where wanted.
final class MatrixStep: Step {
    private let state: LanguageState
    private let task: UnsafeMutablePointer<MatrixTask>
    private let a: MatrixAttributes
    private let kernel: (UnsafePointer<MatrixTask>, Int32, Int32) -> Void
    /// Where activations have 16 bits.
    private let products: MatrixProducts?
    private let bias: UnsafePointer<Float>?
    private let threads: Int
    private var partition = BlockPartition(blocks: 1, operations: 1, threads: 1)

    init(_ context: StepContext) {
        state = context.language!
        kernel = context.kernels.matrix
        threads = context.threads
        a = MatrixAttributes(words: context.words)!
        let activation = QuantizedRows(context.view(context.instruction.inputs.0), state), y = context.view(context.instruction.outputs.0)
        task = allocated(MatrixTask(values: activation.values, scales: activation.scales, sums: activation.sums,
                                    weights: context.blob.assumingMemoryBound(to: UInt8.self),
                                    addend: context.optionalView(context.instruction.inputs.1).map { UnsafePointer($0.floats) },
                                        output: y.floats,
                                    rows: 1, inputs: a.inputs, outputs: a.outputs, outputStride: y.record.pixelStride,
                                        format: MatrixFormat(number: a.format)!))
        products = activation.terms == 1 ? nil : MatrixProducts(kernel, mostRows: Int(y.record.width))
        bias = a.biasOffset < 0 ? nil : (context.blob + Int(a.biasOffset)).assumingMemoryBound(to: Float.self)
        super.init(index: context.index)
        scratchBytes = products?.scratchBytes ?? 0
    }

    deinit { task.deallocate() }

    override func prepare(_ phase: Int) -> Bool {
        let rows = state.rows(a.selection)
        guard phase == 0, rows > 0 else { return false }
        task.pointee.rows = Int32(rows)
        partition = BlockPartition(blocks: (Int(a.outputs) + 15) / 16, operations: 16 * Int(a.inputs) * rows, threads: threads)
        slices = partition.count
        return true
    }

    override func execute(_ slice: Int, worker: Int) {
        let first = slice * partition.blocksPerSlice * 16, end = min(first + partition.blocksPerSlice * 16, Int(a.outputs))
        if let products {
            products.execute(task, first..<end, scratch(worker).assumingMemoryBound(to: Float.self))
        } else {
            kernel(task, Int32(first), Int32(end))
        }
        if let bias { add(bias, first..<end) }
        if a.softCap != 0 { cap(first..<end) }
    }

    private func add(_ bias: UnsafePointer<Float>, _ outputs: Range<Int>) {
        let stride = Int(task.pointee.outputStride)
        for row in 0..<Int(task.pointee.rows) {
            let y = task.pointee.output! + row * stride
            for output in outputs { y[output] += bias[output] }
        }
    }

    private func cap(_ outputs: Range<Int>) {
        for row in 0..<Int(task.pointee.rows) {
            let y = task.pointee.output! + row * Int(task.pointee.outputStride)
            for output in outputs { y[output] = a.softCap * tanhf(y[output] / a.softCap) }
        }
    }
}
