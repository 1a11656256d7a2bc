#if arch(x86_64)
import CIntrinsics
import CKernels

private let tilePixels = 6

@_cdecl("avx2_float_convolution")
public func avx2FloatConvolution(_ task: UnsafePointer<FloatConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let geometry = WindowGeometry(t)
    let length = Int(t.runCount) * Int(t.runLength)
    let scratch = slice.pointee.scratch!.assumingMemoryBound(to: Float.self)
    var pixel = Int(slice.pointee.firstPixel)
    while pixel < Int(slice.pointee.endPixel) {
        let count = Swift.min(tilePixels, Int(slice.pointee.endPixel) - pixel)
        for p in 0..<count { gather(t, geometry, pixel: pixel + p, into: scratch + p * length) }
        var channel = Int(slice.pointee.firstChannel)
        while channel < Int(slice.pointee.endChannel) {
            let valid = Swift.min(16, Int(slice.pointee.endChannel) - channel)
            let output = t.output + pixel * Int(t.outputPixelStride) + channel
            if count == 6 {
                FloatTile<6>.run(t, length: length, windows: scratch, channel: channel, valid: valid, output: output)
            } else {
                for p in 0..<count {
                    FloatTile<1>.run(t, length: length, windows: scratch + p * length, channel: channel, valid: valid,
                                     output: output + p * Int(t.outputPixelStride))
                }
            }
            channel += 16
        }
        pixel += count
    }
}

/// One window; writing goes in order and may run over by seven values, which whatever comes next overwrites.
@inline(never)
private func gather(_ t: FloatConvolutionTask, _ geometry: WindowGeometry, pixel: Int, into window: UnsafeMutablePointer<Float>) {
    var to = window
    let zero = __m256()
    geometry.walk(pixel: pixel, copy: { offset, count in
        var i = 0
        while i < count {
            avx2_store_floats(to + i, avx2_load_floats(t.input + offset + i))
            i += 8
        }
        to += count
    }, fill: { count in
        var i = 0
        while i < count {
            avx2_store_floats(to + i, zero)
            i += 8
        }
        to += count
    }, endRun: {})
}

/// Stores the first `valid` of 16 floats.
@inline(__always)
func storeFloats(_ output: UnsafeMutablePointer<Float>, _ low: __m256, _ high: __m256, _ valid: Int) {
    if valid >= 16 {
        avx2_store_floats(output, low)
        avx2_store_floats(output + 8, high)
        return
    }
    for i in 0..<valid { output[i] = i < 8 ? low[i] : high[i - 8] }
}

/// Sums of 16 channels for some pixels.
private struct FloatTile<let Pixels: Int> {
    @inline(never)
    static func run(_ t: FloatConvolutionTask, length: Int, windows: UnsafePointer<Float>, channel: Int, valid: Int,
                    output: UnsafeMutablePointer<Float>) {
        var weights = t.weights! + channel * length
        var sums = InlineArray<Pixels, InlineArray<2, __m256>>(repeating: .init(repeating: __m256()))
        for p in 0..<Pixels {
            sums[p][0] = avx2_load_floats(t.bias + channel)
            sums[p][1] = avx2_load_floats(t.bias + channel + 8)
        }
        for i in 0..<length {
            let low = avx2_load_floats(weights), high = avx2_load_floats(weights + 8)
            for p in 0..<Pixels {
                let value = avx2_fill_floats(windows[p * length + i])
                sums[p][0] = avx2_multiply_add(sums[p][0], value, low)
                sums[p][1] = avx2_multiply_add(sums[p][1], value, high)
            }
            weights += 16
        }
        let minimum = avx2_fill_floats(t.outputMinimum), maximum = avx2_fill_floats(t.outputMaximum)
        var finished = InlineArray<Pixels, InlineArray<2, __m256>>(repeating: .init(repeating: __m256()))
        for p in 0..<Pixels {
            finished[p][0] = avx2_clamp(sums[p][0], minimum, maximum)
            finished[p][1] = avx2_clamp(sums[p][1], minimum, maximum)
        }
        for p in 0..<Pixels { storeFloats(output + p * Int(t.outputPixelStride), finished[p][0], finished[p][1], valid) }
    }
}
#endif
