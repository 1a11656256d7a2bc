import CKernels
import Kernels
import Nest

/// Gate and up projections of a few features at a time, activated, multiplied and quantised before they leave the
/// cache: the wide float rows between exist nowhere.
final class GatedStep: Step {
    /// Features that lie together in the interleaved matrix.
    private static let unit = 32

    private let state: LanguageState
    private let task: MatrixTask
    private let output: QuantizedRows
    private let a: GatedAttributes
    private let kernels: KernelTable
    private let threads: Int, mostUnits: Int, terms: Int
    private var partition = BlockPartition(blocks: 1, operations: 1, threads: 1)

    init(_ context: StepContext) {
        state = context.language!
        kernels = context.kernels
        threads = context.threads
        a = GatedAttributes(words: context.words)!
        let activation = QuantizedRows(context.view(context.instruction.inputs.0), state)
        output = QuantizedRows(context.view(context.instruction.outputs.0), state)
        terms = activation.terms
        task = MatrixTask(values: activation.values, scales: activation.scales, sums: activation.sums,
                          weights: context.blob.assumingMemoryBound(to: UInt8.self), addend: nil, output: nil,
                          rows: 1, inputs: a.inputs, outputs: 2 * a.features, outputStride: 0, format: MatrixFormat(number: a.format)!)
        let rowBytes = 2 * GatedStep.unit * 4 * state.maximumRows * terms
        mostUnits = max(1, min((128 << 10) / rowBytes, Int(a.features) / GatedStep.unit))
        super.init(index: context.index)
        scratchBytes = mostUnits * rowBytes
    }

    override func prepare(_ phase: Int) -> Bool {
        partition = BlockPartition(blocks: Int(a.features) / GatedStep.unit, operations: 2 * GatedStep.unit * Int(a.inputs) * state.rows,
                                   threads: threads, most: mostUnits)
        slices = partition.count
        return phase == 0
    }

    override func execute(_ slice: Int, worker: Int) {
        let unit = GatedStep.unit
        let first = slice * partition.blocksPerSlice, end = min(first + partition.blocksPerSlice, Int(a.features) / unit)
        let products = scratch(worker).assumingMemoryBound(to: Float.self), stride = (end - first) * 2 * unit
        var task = task
        task.rows = Int32(state.rows * terms)
        task.outputStride = Int32(stride)
        // The kernel counts outputs from the matrix's first.
        task.output = products - first * 2 * unit
        kernels.matrix(&task, Int32(first * 2 * unit), Int32(end * 2 * unit))
        for row in 0..<state.rows {
            let product = products + row * terms * stride
            if terms == 2 {
                for i in 0..<stride { product[i] += product[stride + i] }
            }
            for index in first..<end {
                let pair = product + (index - first) * 2 * unit, column = Int(a.firstFeature) + index * unit
                kernels.gated(pair, pair + unit, output.values(row, column), output.scales(row, column), output.sums(row, column),
                              a.function, Int32(unit), output.rest)
            }
        }
    }
}
