import Kernels
import Nest

/// Keys and values of the run's rows into memory.
final class RememberStep: Step {
    private let state: LanguageState
    private let kernels: KernelTable
    private let a: RememberAttributes
    private let x: View
    private let memory: SpeechMemory

    init(_ context: StepContext) {
        state = context.language!
        kernels = context.kernels
        a = RememberAttributes(words: context.words)!
        x = context.view(context.instruction.inputs.0)
        memory = SpeechMemory(context.view(context.instruction.outputs.0))
        super.init(index: context.index)
    }

    override func prepare(_ phase: Int) -> Bool {
        slices = state.rows(a.selection)
        return phase == 0
    }

    override func execute(_ slice: Int, worker: Int) {
        let slot = a.selection == .frames ? slice : state.position + slice
        // The runner sees to it that there is one.
        guard slot < memory.slots else { return }
        let row = x.floats + slice * x.stride
        kernels.toHalves(row, memory.keys + slot * memory.width, a.width)
        kernels.toHalves(row + memory.width, memory.values + slot * memory.width, a.width)
    }
}
