import CKernels
import Kernels
import Nest

/// A few features of a matrix at a time, with their bias, activated and quantised before they leave the cache.
final class ActivatedStep: Step {
    /// Features that are quantised together.
    private static let unit = 32

    private let state: LanguageState
    private let task: MatrixTask
    private let output: QuantizedRows
    private let a: ActivatedAttributes
    private let bias: UnsafePointer<Float>
    private let kernels: KernelTable
    private let threads: Int, terms: Int, mostRows: Int
    /// Units and rows that a slice takes, and how many slices there are along the units.
    private var unitsPerSlice = 1, columns = 1
    private let activation: QuantizedRows

    /// Floats of products that a slice keeps: half of a second-level cache of 256 kB.
    private static let products = 32_768

    init(_ context: StepContext) {
        state = context.language!
        kernels = context.kernels
        threads = context.threads
        a = ActivatedAttributes(words: context.words)!
        activation = QuantizedRows(context.view(context.instruction.inputs.0), state)
        output = QuantizedRows(context.view(context.instruction.outputs.0), state)
        terms = activation.terms
        bias = (context.blob + Int(a.biasOffset)).assumingMemoryBound(to: Float.self)
        task = MatrixTask(values: activation.values, scales: activation.scales, sums: activation.sums,
                          weights: context.blob.assumingMemoryBound(to: UInt8.self), addend: nil, output: nil,
                          rows: 1, inputs: a.inputs, outputs: a.features, outputStride: 0, format: MatrixFormat(number: a.format)!)
        // Rows in bands, so that the products of one unit fit whatever the number of rows.
        mostRows = ActivatedStep.products / (ActivatedStep.unit * terms)
        super.init(index: context.index)
        scratchBytes = (ActivatedStep.products + ActivatedStep.unit) * 4
    }

    override func prepare(_ phase: Int) -> Bool {
        let rows = state.rows(a.selection), units = Int(a.features) / ActivatedStep.unit
        let partition = BlockPartition(blocks: units, operations: ActivatedStep.unit * Int(a.inputs) * rows, threads: threads,
                                       most: max(1, ActivatedStep.products / (ActivatedStep.unit * terms * min(rows, mostRows))))
        unitsPerSlice = partition.blocksPerSlice
        columns = partition.count
        slices = columns * ((rows + mostRows - 1) / mostRows)
        return phase == 0
    }

    override func execute(_ slice: Int, worker: Int) {
        let unit = ActivatedStep.unit, band = slice / columns, firstRow = band * mostRows
        let rows = min(mostRows, state.rows(a.selection) - firstRow)
        let first = slice % columns * unitsPerSlice * unit, end = min(first + unitsPerSlice * unit, Int(a.features))
        let products = scratch(worker).assumingMemoryBound(to: Float.self), stride = end - first
        var task = task
        task.values = UnsafePointer(activation.values(firstRow))
        task.scales = UnsafePointer(activation.scales(firstRow))
        task.sums = UnsafePointer(activation.sums(firstRow))
        task.rows = Int32(rows * terms)
        task.outputStride = Int32(stride)
        // The kernel counts outputs from the matrix's first.
        task.output = products - first
        kernels.matrix(&task, Int32(first), Int32(end))
        for row in 0..<rows {
            let product = products + row * terms * stride
            if terms == 2 {
                for i in 0..<stride { product[i] += product[stride + i] + bias[first + i] }
            } else {
                for i in 0..<stride { product[i] += bias[first + i] }
            }
            kernels.function(product, product, 5, Int32(stride))
            let to = firstRow + row, column = Int(a.firstFeature) + first
            kernels.quantizeGroups(product, output.values(to, column), output.scales(to, column), output.sums(to, column), Int32(stride),
                                   output.rest)
        }
    }
}
