import Kernels
import Nest

/// Mean over height and width. A slice is a range of channels of one image.
final class GlobalAverageStep: Step {
    private let x: View, y: View
    private let a: PoolAttributes
    private let sums: (UnsafePointer<Int8>, UnsafeMutablePointer<Int32>, Int32, Int32, Int32) -> Void
    private let channelsPerSlice: Int
    private let slicesPerImage: Int

    init(_ context: StepContext) {
        x = context.view(context.instruction.inputs.0)
        y = context.view(context.instruction.outputs.0)
        a = PoolAttributes(words: context.words)!
        sums = context.kernels.channelSums
        let pixels = Int(x.record.height) * Int(x.record.width)
        let wanted = context.threads == 1 ? 1 : min(context.threads, max(1, pixels * x.channels / 50_000))
        channelsPerSlice = max(16, ((x.channels + wanted - 1) / wanted + 15) / 16 * 16)
        slicesPerImage = (x.channels + channelsPerSlice - 1) / channelsPerSlice
        super.init(index: context.index)
        slices = slicesPerImage * Int(x.record.batch)
        scratchBytes = min(channelsPerSlice, roundUp(x.channels, to: 16)) * 4
    }

    override func execute(_ slice: Int, worker: Int) {
        let image = slice / slicesPerImage, firstChannel = slice % slicesPerImage * channelsPerSlice
        let channels = min(channelsPerSlice, x.channels - firstChannel)
        let pixels = Int(x.record.height) * Int(x.record.width)
        let start = image * pixels * x.stride + firstChannel, to = image * y.stride + firstChannel
        if x.type == .int8 {
            let totals = scratch(worker).assumingMemoryBound(to: Int32.self)
            sums(x.bytes + start, totals, Int32(pixels), Int32(channels), x.record.pixelStride)
            let factor = x.record.scale / (y.record.scale * Float(pixels))
            let shift = Int32(pixels) &* x.record.zeroPoint
            let out = y.bytes + to
            for c in 0..<channels {
                out[c] = quantised(Float(totals[c] &- shift) * factor, y.record.zeroPoint, a.outputMinimum, a.outputMaximum)
            }
        } else {
            let out = y.floats + to
            for c in 0..<channels { out[c] = 0 }
            var p = x.floats + start
            for _ in 0..<pixels {
                for c in 0..<channels { out[c] += p[c] }
                p += x.stride
            }
            let factor = 1 / Float(pixels)
            for c in 0..<channels { out[c] *= factor }
        }
    }
}
