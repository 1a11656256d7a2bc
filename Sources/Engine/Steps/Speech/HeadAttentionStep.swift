import CKernels
import Kernels
import Nest

/// Attention of rows to memory, quantised. Rows that see the same go four at a time: to the kernel they are heads that share
/// their keys and values, so that those are read once for all four.
final class HeadAttentionStep: Step {
    private static let mostRows = 4

    private let state: LanguageState
    private let kernels: KernelTable
    private let a: HeadAttentionAttributes
    private let queries: View
    private let memory: SpeechMemory
    private let bias: UnsafePointer<Float>?
    private let output: QuantizedRows
    private let dimension: Int, heads: Int

    init(_ context: StepContext) {
        state = context.language!
        kernels = context.kernels
        a = HeadAttentionAttributes(words: context.words)!
        queries = context.view(context.instruction.inputs.0)
        memory = SpeechMemory(context.view(context.instruction.inputs.1))
        bias = context.optionalView(context.instruction.inputs.2).map { UnsafePointer($0.floats) }
        output = QuantizedRows(context.view(context.instruction.outputs.0), state)
        dimension = Int(a.headDimension)
        heads = Int(a.heads)
        super.init(index: context.index)
        scratchBytes = (scoreFloats + 2 * HeadAttentionStep.mostRows * dimension) * 4
    }

    /// What the kernel asks for.
    private var scoreFloats: Int { roundUp(memory.slots + 4096, to: 16) }

    private var rowsPerSlice: Int { a.isCausal == 1 ? 1 : HeadAttentionStep.mostRows }

    override func prepare(_ phase: Int) -> Bool {
        slices = (state.rows(a.selection) + rowsPerSlice - 1) / rowsPerSlice * heads
        return phase == 0
    }

    override func execute(_ slice: Int, worker: Int) {
        let head = slice % heads, first = slice / heads * rowsPerSlice, count = min(rowsPerSlice, state.rows(a.selection) - first)
        let scores = scratch(worker).assumingMemoryBound(to: Float.self)
        let gathered = scores + scoreFloats, results = gathered + HeadAttentionStep.mostRows * dimension
        for row in 0..<count {
            (gathered + row * dimension).update(from: queries.floats + (first + row) * queries.stride + head * dimension, count: dimension)
        }
        // The kernel counts heads from the first of all: `count` of them for each one of ours.
        var task = AttentionTask()
        task.queries = UnsafePointer(gathered - head * count * dimension)
        task.output = results - head * count * dimension
        (task.keys, task.cachedValues) = (UnsafePointer(memory.keys), UnsafePointer(memory.values))
        (task.heads, task.keyValueHeads, task.headDimension) = (a.heads * Int32(count), a.heads, a.headDimension)
        (task.slots, task.window, task.scale) = (Int32(memory.slots), .max, a.scale)
        let visible = a.isCausal == 1 ? state.position + first + 1 : state.frameRows
        task.position = Int32(min(visible, memory.slots) - 1)
        task.bias = state.isBiased ? bias : nil
        kernels.attention(&task, 0, Int32(head * count), Int32((head + 1) * count), scores)
        for row in 0..<count {
            let to = first + row, column = head * dimension
            kernels.quantizeGroups(results + row * dimension, output.values(to, column), output.scales(to, column), output.sums(to, column),
                                   a.headDimension, output.rest)
        }
    }
}
