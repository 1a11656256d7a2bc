import Kernels
import Nest

/// Root mean square norm, quantised, as floats, or added to the residual.
final class NormalizeStep: Step {
    private let state: LanguageState
    private let x: View
    private let addend: View?, floats: View?
    private let activation: QuantizedRows?
    private let weights: UnsafePointer<Float>
    private let a: NormalizeAttributes
    private let kernels: KernelTable

    init(_ context: StepContext) {
        state = context.language!
        kernels = context.kernels
        a = NormalizeAttributes(words: context.words)!
        x = context.view(context.instruction.inputs.0)
        addend = context.optionalView(context.instruction.inputs.1)
        activation = context.optionalView(context.instruction.outputs.0).map { QuantizedRows($0, context.language!) }
        floats = context.optionalView(context.instruction.outputs.1)
        weights = context.blob.assumingMemoryBound(to: Float.self)
        super.init(index: context.index)
        scratchBytes = addend == nil ? 0 : Int(a.columns) * 4
    }

    override func prepare(_ phase: Int) -> Bool {
        slices = state.rows(a.selection)
        return phase == 0
    }

    override func execute(_ slice: Int, worker: Int) {
        let from = a.selection == .all ? slice : state.rows - state.logitRows + slice
        let row = x.floats + from * x.stride
        if let addend, let floats {
            let normalized = scratch(worker).assumingMemoryBound(to: Float.self)
            kernels.normalize(row, weights, a.epsilon, normalized, nil, nil, nil, a.columns, 0)
            let residual = addend.floats + slice * addend.stride, y = floats.floats + slice * floats.stride
            for i in 0..<Int(a.columns) { y[i] = residual[i] + normalized[i] }
            return
        }
        kernels.normalize(row, weights, a.epsilon, floats.map { $0.floats + slice * $0.stride },
                          activation?.values(slice), activation?.scales(slice), activation?.sums(slice), a.columns, activation?.rest ?? 0)
    }
}
