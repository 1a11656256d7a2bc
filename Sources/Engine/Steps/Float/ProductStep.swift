import Nest

/// Product of two computed matrices, float32; a slice is some rows of the result.
final class ProductStep: Step {
    private let a: View, b: View, y: View
    private let rowsPerSlice: Int

    init(_ context: StepContext) {
        a = context.view(context.instruction.inputs.0)
        b = context.view(context.instruction.inputs.1)
        y = context.view(context.instruction.outputs.0)
        let partition = Partition(pixels: y.pixels, channels: y.channels, operations: 2 * a.channels, threads: context.threads, row: 1,
                                  splitChannels: false)
        rowsPerSlice = partition.pixelsPerSlice
        super.init(index: context.index)
        slices = partition.count
    }

    override func execute(_ slice: Int, worker: Int) {
        for row in slice * rowsPerSlice..<min((slice + 1) * rowsPerSlice, y.pixels) {
            let image = b.record.batch == 1 ? 0 : row / Int(y.record.width)
            let factors = a.floats + row * a.stride, out = y.floats + row * y.stride
            var line = b.floats + image * Int(b.record.width) * b.stride
            out.update(repeating: 0, count: y.channels)
            // A row of the second matrix at a time: neighbours lie beside each other in all that is read and written.
            for k in 0..<a.channels {
                let factor = factors[k]
                for c in 0..<y.channels { out[c] += factor * line[c] }
                line += b.stride
            }
        }
    }
}
