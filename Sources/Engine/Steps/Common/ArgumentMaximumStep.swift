import Nest

/// The place of the greatest pixel of an image, by channel; of equal ones the first. A slice is an image.
final class ArgumentMaximumStep: Step {
    private let x: View, y: View

    init(_ context: StepContext) {
        x = context.view(context.instruction.inputs.0)
        y = context.view(context.instruction.outputs.0)
        super.init(index: context.index)
        slices = Int(x.record.batch)
    }

    override func execute(_ slice: Int, worker: Int) {
        if x.type == .int8 { search(slice, x.bytes) } else { search(slice, x.floats) }
    }

    @inline(__always)
    private func search<Element: Comparable>(_ image: Int, _ values: UnsafeMutablePointer<Element>) {
        let pixels = Int(x.record.height) * Int(x.record.width), first = values + image * pixels * x.stride
        let places = y.address.assumingMemoryBound(to: Int32.self) + image * y.stride
        for c in 0..<x.channels {
            var place = 0
            for pixel in 0..<pixels where first[pixel * x.stride + c] > first[place * x.stride + c] { place = pixel }
            places[c] = Int32(truncatingIfNeeded: place)
        }
    }
}
