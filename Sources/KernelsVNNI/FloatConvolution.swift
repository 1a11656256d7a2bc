#if arch(x86_64)
import CIntrinsics
import CKernels

@_cdecl("vnni_float_convolution")
public func vnniFloatConvolution(_ task: UnsafePointer<FloatConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let gather = WindowGather(bytesOf(t), scratch: slice.pointee.scratch, isUnsigned: false)
    let length = Int(t.runCount) * Int(t.runLength), outputStride = Int(t.outputPixelStride)
    let endChannel = Int(slice.pointee.endChannel)
    var pixel = Int(slice.pointee.firstPixel)
    while pixel < Int(slice.pointee.endPixel) {
        let count = Swift.min(WindowGather.pixels, Int(slice.pointee.endPixel) - pixel)
        gather.gather(first: pixel, count: count)
        var channel = Int(slice.pointee.firstChannel)
        while channel < endChannel {
            let blocks = endChannel - channel > 16 ? 2 : 1
            var p = 0
            while p < count {
                let windows = UnsafeRawPointer(gather.scratch) + p * WindowGather.chunk
                let output = t.output + ((pixel + p) * outputStride + channel)
                let left = count - p
                if blocks == 2 {
                    if left >= 6 {
                        FloatTile<6, 2>.run(t, length: length, windows: windows, channel: channel, end: endChannel, output: output)
                    } else if left >= 4 {
                        FloatTile<4, 2>.run(t, length: length, windows: windows, channel: channel, end: endChannel, output: output)
                    } else {
                        FloatTile<1, 2>.run(t, length: length, windows: windows, channel: channel, end: endChannel, output: output)
                    }
                } else if left >= 6 {
                    FloatTile<6, 1>.run(t, length: length, windows: windows, channel: channel, end: endChannel, output: output)
                } else if left >= 4 {
                    FloatTile<4, 1>.run(t, length: length, windows: windows, channel: channel, end: endChannel, output: output)
                } else {
                    FloatTile<1, 1>.run(t, length: length, windows: windows, channel: channel, end: endChannel, output: output)
                }
                p += left >= 6 ? 6 : left >= 4 ? 4 : 1
            }
            channel += blocks * 16
        }
        pixel += count
    }
}

/// The same windows in bytes, which is all that gathering them needs to know.
private func bytesOf(_ t: FloatConvolutionTask) -> ConvolutionTask {
    var bytes = ConvolutionTask()
    bytes.input = UnsafeRawPointer(t.input!).assumingMemoryBound(to: Int8.self)
    bytes.inputHeight = t.inputHeight
    bytes.inputWidth = t.inputWidth
    bytes.inputChannels = t.inputChannels * 4
    bytes.inputPixelStride = t.inputPixelStride * 4
    bytes.outputHeight = t.outputHeight
    bytes.outputWidth = t.outputWidth
    bytes.kernelHeight = t.kernelHeight
    bytes.kernelWidth = t.kernelWidth
    bytes.strideY = t.strideY
    bytes.strideX = t.strideX
    bytes.dilationY = t.dilationY
    bytes.dilationX = t.dilationX
    bytes.padTop = t.padTop
    bytes.padLeft = t.padLeft
    bytes.runPerRow = t.runPerRow
    bytes.runCount = t.runCount
    bytes.runLength = t.runLength * 4
    return bytes
}

/// Sums of some blocks of 16 channels for some pixels.
private struct FloatTile<let Pixels: Int, let Blocks: Int> {
    @inline(never)
    static func run(_ t: FloatConvolutionTask, length: Int, windows: UnsafeRawPointer, channel: Int, end: Int,
                    output: UnsafeMutablePointer<Float>) {
        var weights = t.weights! + channel * length
        let blockFloats = 16 * length
        var sums = InlineArray<Pixels, InlineArray<Blocks, __m512>>(repeating: .init(repeating: __m512()))
        for p in 0..<Pixels {
            for b in 0..<Blocks { sums[p][b] = avx512_load_floats(t.bias + (channel + b * 16)) }
        }
        var window = windows.assumingMemoryBound(to: Float.self)
        var left = length
        while left > 0 {
            let count = Swift.min(left, WindowGather.chunk / 4)
            left -= count
            for i in 0..<count {
                var block = InlineArray<Blocks, __m512>(repeating: __m512())
                for b in 0..<Blocks { block[b] = avx512_load_floats(weights + b * blockFloats) }
                for p in 0..<Pixels {
                    let value = avx512_fill_floats(window[p * 16 + i])
                    for b in 0..<Blocks { sums[p][b] = avx512_multiply_add(sums[p][b], value, block[b]) }
                }
                weights += 16
            }
            window += WindowGather.pixels * 16
        }
        let minimum = avx512_fill_floats(t.outputMinimum), maximum = avx512_fill_floats(t.outputMaximum)
        // Short enough to unroll: an index that varies would keep the sums out of registers above.
        var masks = InlineArray<Blocks, UInt16>(repeating: 0)
        for b in 0..<Blocks { masks[b] = floatMask(end - channel - b * 16) }
        let stride = Int(t.outputPixelStride)
        var pixel = output
        for p in 0..<Pixels {
            for b in 0..<Blocks { avx512_store_some_floats(pixel + b * 16, masks[b], avx512_clamp(sums[p][b], minimum, maximum)) }
            pixel += stride
        }
    }
}

/// A mask of the lowest `count` of 16 floats.
@inline(__always)
func floatMask(_ count: Int) -> UInt16 { count >= 16 ? .max : (1 << UInt16(count)) - 1 }
#endif
