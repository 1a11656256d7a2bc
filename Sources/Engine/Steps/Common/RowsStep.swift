import Nest

/// Rows of a table by computed indices, one after another.
final class RowsStep: Step {
    private let x: View, indices: View, y: View
    private let sizes: SIMD4<Int32>
    private let rowsPerSlice: Int

    init(_ context: StepContext) {
        x = context.view(context.instruction.inputs.0)
        indices = context.view(context.instruction.inputs.1)
        y = context.view(context.instruction.outputs.0)
        sizes = RowsAttributes(words: context.words)!.sizes
        let partition = Partition(pixels: y.pixels, channels: y.channels, operations: 4, threads: context.threads, row: 1,
                                  splitChannels: false)
        rowsPerSlice = partition.pixelsPerSlice
        super.init(index: context.index)
        slices = partition.count
    }

    override func execute(_ slice: Int, worker: Int) {
        let list = indices.address.assumingMemoryBound(to: Int32.self), size = y.type.size
        for row in slice * rowsPerSlice..<min((slice + 1) * rowsPerSlice, y.pixels) {
            var place = 0
            for axis in 0..<indices.channels {
                var index = list[row * indices.stride + axis]
                if index < 0 { index += sizes[axis] }
                place = place * Int(sizes[axis]) + Int(min(max(index, 0), sizes[axis] - 1))
            }
            invariant(place < x.pixels, "a row outside of its table")
            (y.address + row * y.stride * size).copyMemory(from: x.address + place * x.stride * size, byteCount: y.channels * size)
        }
    }
}
