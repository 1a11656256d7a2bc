import Nest

/// One of two values by a third: where the condition isn't 0 the first.
final class SelectStep: Step {
    private let condition: View, a: View, b: View, y: View
    private let pixelsPerSlice: Int

    init(_ context: StepContext) {
        condition = context.view(context.instruction.inputs.0)
        a = context.view(context.instruction.inputs.1)
        b = context.view(context.instruction.inputs.2)
        y = context.view(context.instruction.outputs.0)
        let partition = Partition(pixels: y.pixels, channels: y.channels, operations: 8, threads: context.threads, splitChannels: false)
        pixelsPerSlice = partition.pixelsPerSlice
        super.init(index: context.index)
        slices = partition.count
    }

    override func execute(_ slice: Int, worker: Int) {
        for pixel in slice * pixelsPerSlice..<min((slice + 1) * pixelsPerSlice, y.pixels) {
            let chosen = condition.floats + pixel * condition.stride, out = y.floats + pixel * y.stride
            let p = a.floats + pixel * a.stride, q = b.floats + pixel * b.stride
            for c in 0..<y.channels { out[c] = chosen[c] != 0 ? p[c] : q[c] }
        }
    }
}
