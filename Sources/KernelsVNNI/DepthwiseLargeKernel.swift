#if arch(x86_64)
import CIntrinsics
import CKernels

/// Any depthwise kernel however large: 16 channels at a time, one tap after the other.
func depthwiseLargeKernel(_ t: DepthwiseTask, channel: Int, end: Int, image: Int, oy: Int, ox: Int, _ requantizer: Requantizer,
                          output: UnsafeMutablePointer<Int8>) {
    let taps = Int(t.kernelHeight) * Int(t.kernelWidth), ring = Int(t.inputRingRows)
    let tapStride = (Int(t.channels) + 15) / 16 * 16
    var sums = avx512_load(t.bias + channel)
    let outside = avx512_fill32(t.inputZeroPoint)
    for term in 0..<Int(t.tapRepeat) {
        for tap in 0..<taps {
            let y = oy * Int(t.strideY) - Int(t.padTop) + tap / Int(t.kernelWidth) * Int(t.dilationY)
            let x = ox * Int(t.strideX) - Int(t.padLeft) + tap % Int(t.kernelWidth) * Int(t.dilationX)
            var values = outside
            if y >= 0 && y < Int(t.inputHeight) && x >= 0 && x < Int(t.inputWidth) {
                let pixel = (image * ring + y % ring) * Int(t.inputWidth) + x
                values = avx512_widen_to_32(t.input + pixel * Int(t.inputPixelStride) + channel)
            }
            sums = avx512_multiply_add32(sums, values, avx512_widen_to_32(t.weights + (term * taps + tap) * tapStride + channel))
        }
    }
    let zero = __m512i()
    let bytes = requantizer.bytes(requantizer.scaled(sums, t.scales + channel), zero, zero, zero)
    avx512_store_bytes(output, byteMask(Swift.min(16, end - channel)), bytes)
}
#endif
