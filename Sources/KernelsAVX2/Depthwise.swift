#if arch(x86_64)
import CIntrinsics
import CKernels

/// Taps, terms counted, whose weights are interleaved once; larger kernels go one tap at a time.
private let maximumPairedTaps = 64

@_cdecl("avx2_depthwise")
public func avx2Depthwise(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let allTaps = Int(t.kernelHeight) * Int(t.kernelWidth) * Int(t.tapRepeat), pairs = (allTaps + 1) / 2
    let tapStride = (Int(t.channels) + 15) / 16 * 16
    let upper = avx2_fill_floats(Float(t.outputMaximum - t.outputZeroPoint))
    let isPaired = allTaps <= maximumPairedTaps
    var outside = SIMD16<Int8>(repeating: Int8(truncatingIfNeeded: t.inputZeroPoint)), none = SIMD16<Int8>(repeating: 0)
    var storage = InlineArray<64, __m256i>(repeating: __m256i())
    var pointers = InlineArray<64, UnsafeRawPointer?>(repeating: nil)
    withUnsafePointer(to: &outside) { outsidePointer in
        withUnsafePointer(to: &none) { nonePointer in
            let outside = UnsafeRawPointer(outsidePointer), none = UnsafeRawPointer(nonePointer)
            var channel = Int(slice.pointee.firstChannel)
            while channel < Int(slice.pointee.endChannel) {
                let weights = UnsafeRawPointer(t.weights) + channel
                if isPaired {
                    for pair in 0..<pairs {
                        let first = weights + pair * 2 * tapStride
                        let second = pair * 2 + 1 < allTaps ? first + tapStride : none
                        storage[pair * 2] = avx2_low_tap_pairs(first, second)
                        storage[pair * 2 + 1] = avx2_high_tap_pairs(first, second)
                    }
                }
                for pixel in Int(slice.pointee.firstPixel)..<Int(slice.pointee.endPixel) {
                    var low = avx2_load(t.bias + channel), high = avx2_load(t.bias + channel + 8)
                    if isPaired {
                        aim(t, pixel: pixel, channel: channel, outside: outside, &pointers)
                        for pair in 0..<pairs {
                            let first = pointers[pair * 2].unsafelyUnwrapped
                            let second = pair * 2 + 1 < allTaps ? pointers[pair * 2 + 1].unsafelyUnwrapped : none
                            low = avx2_dot(low, avx2_low_tap_pairs(first, second), storage[pair * 2])
                            high = avx2_dot(high, avx2_high_tap_pairs(first, second), storage[pair * 2 + 1])
                        }
                    } else {
                        forEachTap(t, pixel: pixel, channel: channel, outside: outside) { tap, pointer in
                            let tapWeights = weights + tap * tapStride
                            low = avx2_multiply_add32(low, avx2_widen_to_32(pointer), avx2_widen_to_32(tapWeights))
                            high = avx2_multiply_add32(high, avx2_widen_to_32(pointer + 8), avx2_widen_to_32(tapWeights + 8))
                        }
                    }
                    let bytes = avx2_to_bytes(
                        avx2_scale(low, avx2_load_floats(t.scales + channel), upper),
                        avx2_scale(high, avx2_load_floats(t.scales + channel + 8), upper), t.outputZeroPoint, t.outputMinimum, t.outputMaximum)
                    storeBytes(t.output + pixel * Int(t.outputPixelStride) + channel, bytes, Int(slice.pointee.endChannel) - channel)
                }
                channel += 16
            }
        }
    }
}

@inline(__always)
private func aim(_ t: DepthwiseTask, pixel: Int, channel: Int, outside: UnsafeRawPointer, _ pointers: inout InlineArray<64, UnsafeRawPointer?>) {
    forEachTap(t, pixel: pixel, channel: channel, outside: outside) { tap, pointer in pointers[tap] = pointer }
}

/// Calls `body` with each tap of an output pixel, terms one after the other, and where its input lies.
@inline(__always)
private func forEachTap(_ t: DepthwiseTask, pixel: Int, channel: Int, outside: UnsafeRawPointer, _ body: (Int, UnsafeRawPointer) -> Void) {
    let width = Int(t.outputWidth), height = Int(t.outputHeight), ring = Int(t.inputRingRows)
    let x0 = pixel % width * Int(t.strideX) - Int(t.padLeft), y0 = pixel / width % height * Int(t.strideY) - Int(t.padTop)
    let image = pixel / (width * height), pixelStride = Int(t.inputPixelStride), rowBytes = Int(t.inputWidth) * pixelStride
    var tap = 0
    for _ in 0..<Int(t.tapRepeat) {
        for ky in 0..<Int(t.kernelHeight) {
            let y = y0 + ky * Int(t.dilationY)
            let rowInside = y >= 0 && y < Int(t.inputHeight)
            let inputRow = image * ring + (rowInside ? y % ring : 0)
            let row = UnsafeRawPointer(t.input) + (inputRow * rowBytes + channel)
            for kx in 0..<Int(t.kernelWidth) {
                let x = x0 + kx * Int(t.dilationX)
                let inside = rowInside && x >= 0 && x < Int(t.inputWidth)
                body(tap, inside ? row + x * pixelStride : outside)
                tap += 1
            }
        }
    }
}
#endif
