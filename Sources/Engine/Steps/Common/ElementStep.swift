import Nest

/// A step that goes over the pixels of one tensor and writes the same pixels of another; where both are dense, a run of
/// pixels is one call.
class ElementStep: Step {
    let x: View, y: View
    private let pixelsPerSlice: Int

    init(_ context: StepContext, operations: Int) {
        x = context.view(context.instruction.inputs.0)
        y = context.view(context.instruction.outputs.0)
        let partition = Partition(pixels: y.pixels, channels: y.channels, operations: operations, threads: context.threads,
                                  splitChannels: false)
        pixelsPerSlice = partition.pixelsPerSlice
        super.init(index: context.index)
        slices = partition.count
    }

    /// `count` elements from an element offset in the input to one in the output.
    func apply(from: Int, to: Int, count: Int) {}

    override final func execute(_ slice: Int, worker: Int) {
        let first = slice * pixelsPerSlice, end = min(first + pixelsPerSlice, y.pixels)
        if x.isDense, y.isDense {
            apply(from: first * x.channels, to: first * x.channels, count: (end - first) * x.channels)
        } else {
            for pixel in first..<end { apply(from: pixel * x.stride, to: pixel * y.stride, count: x.channels) }
        }
    }
}
