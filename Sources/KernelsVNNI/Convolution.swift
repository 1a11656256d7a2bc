#if arch(x86_64)
import CIntrinsics
import CKernels

/// Channels whose weight sums are kept at once.
private let superblockChannels = 512
/// Weights that stay in the first-level cache while all pixels pass by.
private let superblockBytes = 24 * 1024

@_cdecl("vnni_convolution")
public func vnniConvolution(_ task: UnsafePointer<ConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let gather = WindowGather(t, scratch: slice.pointee.scratch)
    let requantizer = Requantizer(zeroPoint: t.outputZeroPoint, minimum: t.outputMinimum, maximum: t.outputMaximum)
    let firstPixel = Int(slice.pointee.firstPixel), endPixel = Int(slice.pointee.endPixel)
    let firstChannel = Int(slice.pointee.firstChannel), endChannel = Int(slice.pointee.endChannel)
    let quads = Int(t.runCount) * ((Int(t.runLength) + 3) / 4)
    let channelBytes = quads * 4 * Int(t.runRepeat)
    let superblock = Swift.min(Swift.max(superblockBytes / Swift.max(channelBytes, 1) / 64 * 64, 64), superblockChannels)

    var starts = InlineArray<32, __m512i>(repeating: __m512i())
    withUnsafeMutablePointer(to: &starts) { pointer in
        let starts = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: __m512i.self)
        var channel = firstChannel
        while channel < endChannel {
            let end = Swift.min(channel + superblock, endChannel)
            startSums(t, channel, end, quads: quads * Int(t.runRepeat), starts)
            var pixel = firstPixel
            while pixel < endPixel {
                let count = Swift.min(WindowGather.pixels, endPixel - pixel)
                gather.gather(first: pixel, count: count)
                var c = channel
                while c < end {
                    let rest = end - c
                    let width = Swift.min(16, (Int(t.outputChannels) - c + 3) / 4 * 4)
                    // A narrow block has its own step from group to group, so it goes alone. (13 to 15 channels are
                    // a block of full width.)
                    let fullBlocks = (Int(t.outputChannels) + 3) / 16 - c / 16
                    let blocks = width < 16 ? 1 : Swift.min(4, fullBlocks, (rest + 15) / 16)
                    let channels = TileChannels(
                        weights: UnsafeRawPointer(t.weights) + c * channelBytes, blockBytes: 16 * channelBytes, step: width * 4,
                        quads: quads, terms: Int(t.runRepeat), starts: starts + (c - channel) / 16, scales: t.scales + c,
                        mask: byteMask(Swift.min(blocks * 16, rest)))
                    let output = t.output + pixel * Int(t.outputPixelStride) + c
                    let stride = Int(t.outputPixelStride)
                    let windows = UnsafeRawPointer(gather.scratch)
                    switch blocks {
                    case 4:
                        convolvePixels(InlineArray<4, Void>.self, count: count, channels, windows: windows, requantizer, output: output,
                                       pixelStride: stride)
                    case 3:
                        convolvePixels(InlineArray<3, Void>.self, count: count, channels, windows: windows, requantizer, output: output,
                                       pixelStride: stride)
                    case 2:
                        convolvePixels(InlineArray<2, Void>.self, count: count, channels, windows: windows, requantizer, output: output,
                                       pixelStride: stride)
                    default:
                        convolvePixels(InlineArray<1, Void>.self, count: count, channels, windows: windows, requantizer, output: output,
                                       pixelStride: stride)
                    }
                    c += blocks * 16
                }
                pixel += count
            }
            channel = end
        }
    }
}

/// What the sums of each block start from: the bias, less what reading the input 128 too high adds.
private func startSums(_ t: ConvolutionTask, _ first: Int, _ end: Int, quads: Int, _ starts: UnsafeMutablePointer<__m512i>) {
    let excess = avx512_fill8(-128)
    var channel = first
    while channel < end {
        let step = Swift.min(16, (Int(t.outputChannels) - channel + 3) / 4 * 4) * 4
        var weights = UnsafeRawPointer(t.weights) + channel * quads * 4
        var even = __m512i(), odd = __m512i()
        for _ in 0..<quads / 2 {
            even = avx512_dot(even, excess, avx512_load(weights))
            odd = avx512_dot(odd, excess, avx512_load(weights + step))
            weights += 2 * step
        }
        if quads % 2 != 0 { even = avx512_dot(even, excess, avx512_load(weights)) }
        starts[(channel - first) / 16] = avx512_subtract32(avx512_subtract32(avx512_load(t.bias + channel), even), odd)
        channel += 16
    }
}
#endif
