import Kernels
import Nest

/// Gathers windows along time, applies the activation of what made them, and quantises them.
final class WindowStep: Step {
    private let state: LanguageState
    private let kernels: KernelTable
    private let a: WindowAttributes
    private let source: UnsafePointer<Float>
    private let output: QuantizedRows

    init(_ context: StepContext) {
        state = context.language!
        kernels = context.kernels
        a = WindowAttributes(words: context.words)!
        source = UnsafePointer(context.view(context.instruction.inputs.0).floats)
        output = QuantizedRows(context.view(context.instruction.outputs.0), state)
        super.init(index: context.index)
        scratchBytes = Int(a.values) * 4
    }

    override func prepare(_ phase: Int) -> Bool {
        slices = state.stemRows
        return phase == 0
    }

    override func execute(_ slice: Int, worker: Int) {
        let memory = scratch(worker).assumingMemoryBound(to: Float.self), columns = Int(a.columns), values = Int(a.values)
        let start = slice * columns - Int(a.before), end = (state.stemRows + Int(a.extraRows)) * columns
        // Zeros in front of the first row and behind the last.
        let missing = max(0, -start), count = min(start + values, end) - (start + missing)
        memory.update(repeating: 0, count: missing)
        if a.function == 1 {
            kernels.function(source + start + missing, memory + missing, 5, Int32(count))
        } else {
            (memory + missing).update(from: source + start + missing, count: count)
        }
        (memory + missing + count).update(repeating: 0, count: values - missing - count)
        kernels.quantizeGroups(memory, output.values(slice), output.scales(slice), output.sums(slice), Int32(values), output.rest)
    }
}
