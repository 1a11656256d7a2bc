import Kernels
import Nest

/// Looks tokens up: rows of a packed matrix, which may be the head's.
final class EmbeddingStep: Step {
    private let state: LanguageState
    private let weights: WeightStore
    private let tokens: UnsafePointer<Int32>
    private let output: View
    private let a: EmbeddingAttributes
    private let layout: MatrixLayout
    private let vocabulary: Int32

    init(_ context: StepContext) {
        state = context.language!
        weights = context.weights
        a = EmbeddingAttributes(words: context.words)!
        tokens = UnsafePointer(context.view(context.instruction.inputs.0).address.assumingMemoryBound(to: Int32.self))
        output = context.view(context.instruction.outputs.0)
        layout = MatrixLayout(format: MatrixFormat(number: a.format)!, outputs: 16, inputs: Int(a.width))!
        vocabulary = a.vocabulary
        super.init(index: context.index)
        scratchBytes = layout.bytes
    }

    override func prepare(_ phase: Int) -> Bool {
        slices = state.rows
        guard phase == 0 else { return false }
        for row in 0..<slices { weights.prepareParts(of: Int(a.firstChunk) + token(row) / Int(a.pieceRows)) }
        return true
    }

    /// The caller checks tokens; one outside must not lead outside the weights all the same.
    private func token(_ row: Int) -> Int { tokens[row] >= 0 && tokens[row] < vocabulary ? Int(tokens[row]) : 0 }

    override func execute(_ slice: Int, worker: Int) {
        let token = token(slice)
        let piece = token / Int(a.pieceRows), row = token % Int(a.pieceRows)
        let block = weights.bytes(chunk: Int(a.firstChunk) + piece, offset: row / 16 * layout.bytes, count: layout.bytes,
                                  scratch: scratch(worker))
            .assumingMemoryBound(to: UInt8.self)
        let y = output.floats + slice * output.stride
        for column in 0..<Int(a.width) { y[column] = layout.weight(output: row % 16, input: column, in: block) * a.scale }
    }
}
