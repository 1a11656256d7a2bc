#if arch(x86_64)
import CIntrinsics
import CKernels

/// Pixels computed at once: four registers of sums each; with three of them, values and weights no longer fit.
private let tilePixels = 2
/// Windows gathered at once, as many as fit in scratch: the weights of 16 channels serve them all before the next are
/// fetched.
private let gatheredPixels = 8

/// int8 convolution without dot-product instructions: inputs are widened to 16 bits while their windows are copied
/// side by side, weights as they are loaded.
@_cdecl("avx2_convolution")
public func avx2Convolution(_ task: UnsafePointer<ConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let geometry = WindowGeometry(t)
    let quads = Int(t.runCount) * ((Int(t.runLength) + 3) / 4)
    let scratch = slice.pointee.scratch!
    var pixel = Int(slice.pointee.firstPixel)
    while pixel < Int(slice.pointee.endPixel) {
        let count = Swift.min(gatheredPixels, Int(slice.pointee.endPixel) - pixel)
        for p in 0..<count { gatherWidened(t, geometry, pixel: pixel + p, into: scratch + p * quads * 8) }
        var channel = Int(slice.pointee.firstChannel)
        while channel < Int(slice.pointee.endChannel) {
            let valid = Swift.min(16, Int(slice.pointee.endChannel) - channel)
            var p = 0
            while p < count {
                let output = t.output + (pixel + p) * Int(t.outputPixelStride) + channel, window = scratch + p * quads * 8
                if p + tilePixels <= count {
                    ConvolutionTile<2>.run(t, quads: quads, windows: window, channel: channel, valid: valid, output: output)
                } else {
                    ConvolutionTile<1>.run(t, quads: quads, windows: window, channel: channel, valid: valid, output: output)
                }
                p += tilePixels
            }
            channel += 16
        }
        pixel += count
    }
}

/// One window as 16-bit values, runs rounded up to four. Writing goes in order and may run over by 15 values, which
/// whatever comes next overwrites.
@inline(never)
private func gatherWidened(_ t: ConvolutionTask, _ geometry: WindowGeometry, pixel: Int, into window: UnsafeMutableRawPointer) {
    let runBytes = (Int(t.runLength) + 3) / 4 * 8
    let outside = avx2_fill16(Int16(truncatingIfNeeded: t.inputZeroPoint))
    var run = window, to = window
    geometry.walk(pixel: pixel, copy: { offset, count in
        var i = 0
        while i < count {
            avx2_store(to + i * 2, avx2_widen_to_16(t.input + offset + i))
            i += 16
        }
        to += count * 2
    }, fill: { count in
        var i = 0
        while i < count {
            avx2_store(to + i * 2, outside)
            i += 16
        }
        to += count * 2
    }, endRun: {
        run += runBytes
        to = run
    })
}

/// Sums of 16 channels for some pixels: each register holds the sums of even and of odd pairs of four channels.
private struct ConvolutionTile<let Pixels: Int> {
    @inline(never)
    static func run(_ t: ConvolutionTask, quads: Int, windows: UnsafeRawPointer, channel: Int, valid: Int,
                    output: UnsafeMutablePointer<Int8>) {
        let terms = Int(t.runRepeat)
        let step = Swift.min(16, (Int(t.outputChannels) - channel + 3) / 4 * 4) * 4
        var weights = UnsafeRawPointer(t.weights) + channel * quads * 4 * terms
        let windowBytes = quads * 8
        var sums = InlineArray<Pixels, InlineArray<4, __m256i>>(repeating: .init(repeating: __m256i()))
        for _ in 0..<terms {
            var value = windows
            for _ in 0..<quads {
                var values = InlineArray<Pixels, __m256i>(repeating: __m256i())
                for p in 0..<Pixels { values[p] = avx2_broadcast_quad(value + p * windowBytes) }
                for b in 0..<4 {
                    let block = avx2_widen_to_16(weights + b * 16)
                    for p in 0..<Pixels { sums[p][b] = avx2_dot(sums[p][b], values[p], block) }
                }
                value += 8
                weights += step
            }
        }
        let upper = avx2_fill_floats(Float(t.outputMaximum - t.outputZeroPoint))
        for p in 0..<Pixels {
            let low = avx2_add32(avx2_add_neighbours(sums[p][0], sums[p][1]), avx2_load(t.bias + channel))
            let high = avx2_add32(avx2_add_neighbours(sums[p][2], sums[p][3]), avx2_load(t.bias + channel + 8))
            let bytes = avx2_to_bytes(
                avx2_scale(low, avx2_load_floats(t.scales + channel), upper),
                    avx2_scale(high, avx2_load_floats(t.scales + channel + 8), upper),
                t.outputZeroPoint, t.outputMinimum, t.outputMaximum)
            storeBytes(output + p * Int(t.outputPixelStride), bytes, valid)
        }
    }
}
#endif
