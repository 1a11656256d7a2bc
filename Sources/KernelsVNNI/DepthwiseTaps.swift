#if arch(x86_64)
import CIntrinsics
import CKernels

/// Any depthwise kernel of up to `maximumFastTaps` taps: a pointer a tap, four taps at a time.
struct DepthwiseTaps {
    var pointers = InlineArray<64, UnsafeRawPointer?>(repeating: nil)

    /// Points at the taps of one output pixel; taps outside the input, and those that fill up the last four, at
    /// `outside`.
    @inline(__always)
    mutating func aim(_ block: DepthwiseBlock, image: Int, oy: Int, ox: Int, outside: UnsafeRawPointer) {
        let task = block.task
        var tap = 0
        let x0 = ox * Int(task.strideX) - Int(task.padLeft)
        for _ in 0..<Int(task.tapRepeat) {
            var y = oy * Int(task.strideY) - Int(task.padTop)
            for _ in 0..<Int(task.kernelHeight) {
                let rowInside = y >= 0 && y < Int(task.inputHeight)
                let row = rowInside ? block.row(image, y) : outside
                var x = x0
                for _ in 0..<Int(task.kernelWidth) {
                    let inside = rowInside && x >= 0 && x < Int(task.inputWidth)
                    pointers[tap] = inside ? row + x * Int(task.inputPixelStride) : outside
                    tap += 1
                    x += Int(task.dilationX)
                }
                y += Int(task.dilationY)
            }
        }
        while tap % 4 != 0 {
            pointers[tap] = outside
            tap += 1
        }
    }

    @inline(__always)
    func run(_ block: DepthwiseBlock, output: UnsafeMutablePointer<Int8>) {
        var sums = block.starts
        let flip = block.flip
        for quad in 0..<block.quads {
            let values = ChannelQuads(
                taps: avx512_xor(avx512_load(pointers[quad * 4].unsafelyUnwrapped), flip),
                avx512_xor(avx512_load(pointers[quad * 4 + 1].unsafelyUnwrapped), flip),
                avx512_xor(avx512_load(pointers[quad * 4 + 2].unsafelyUnwrapped), flip),
                avx512_xor(avx512_load(pointers[quad * 4 + 3].unsafelyUnwrapped), flip))
            sums.add(values, times: block.weights[quad])
        }
        avx512_store_bytes(output, block.mask, block.requantizer.bytes(sums, scales: block.scales))
    }
}

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
