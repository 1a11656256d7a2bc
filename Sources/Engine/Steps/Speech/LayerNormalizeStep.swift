import Kernels
import Nest

/// Layer norm, quantised.
final class LayerNormalizeStep: Step {
    private let state: LanguageState
    private let kernels: KernelTable
    private let a: LayerNormalizeAttributes
    private let x: View
    private let output: QuantizedRows
    private let weights: UnsafePointer<Float>, biases: UnsafePointer<Float>

    init(_ context: StepContext) {
        state = context.language!
        kernels = context.kernels
        a = LayerNormalizeAttributes(words: context.words)!
        x = context.view(context.instruction.inputs.0)
        output = QuantizedRows(context.view(context.instruction.outputs.0), state)
        weights = context.blob.assumingMemoryBound(to: Float.self)
        biases = (context.blob + Int(a.biasOffset)).assumingMemoryBound(to: Float.self)
        super.init(index: context.index)
        scratchBytes = Int(a.columns) * 4
    }

    override func prepare(_ phase: Int) -> Bool {
        slices = state.rows(a.selection)
        return phase == 0 && slices > 0
    }

    override func execute(_ slice: Int, worker: Int) {
        let from = a.selection == .logits ? state.rows - state.logitRows + slice : slice
        let normalized = scratch(worker).assumingMemoryBound(to: Float.self)
        kernels.layerNormalize(x.floats + from * x.stride, weights, biases, a.epsilon, normalized, a.columns)
        kernels.quantizeGroups(normalized, output.values(slice), output.scales(slice), output.sums(slice), a.columns, output.rest)
    }
}
