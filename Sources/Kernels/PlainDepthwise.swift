#if !arch(arm64) && !arch(x86_64)
import CKernels

/// Depthwise convolution for processors without kernels of their own: up to 64 channels at a time, tap by tap.
func plainDepthwise(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let rounded = (Int(t.channels) + 15) / 16 * 16, taps = Int(t.kernelHeight) * Int(t.kernelWidth)
    let pixelStride = Int(t.inputPixelStride), rowBytes = Int(t.inputWidth) * pixelStride
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 64) { sums in
        let sums = sums.baseAddress!
        for pixel in Int(slice.pointee.firstPixel)..<Int(slice.pointee.endPixel) {
            let at = PixelPosition(pixel, height: t.outputHeight, width: t.outputWidth)
            let top = at.y * Int(t.strideY) - Int(t.padTop), left = at.x * Int(t.strideX) - Int(t.padLeft)
            let image = t.input + at.image * Int(t.inputRingRows) * rowBytes
            let output = t.output + pixel * Int(t.outputPixelStride)
            var first = Int(slice.pointee.firstChannel)
            while first < Int(slice.pointee.endChannel) {
                let count = Swift.min(64, Int(slice.pointee.endChannel) - first)
                for c in 0..<count { sums[c] = t.bias[first + c] }
                for term in 0..<Int(t.tapRepeat) {
                    var tap = 0
                    for ky in 0..<Int(t.kernelHeight) {
                        let y = top + ky * Int(t.dilationY)
                        let isRow = y >= 0 && y < Int(t.inputHeight)
                        let row = image + (isRow ? y % Int(t.inputRingRows) * rowBytes : 0)
                        for kx in 0..<Int(t.kernelWidth) {
                            let x = left + kx * Int(t.dilationX)
                            let weights = t.weights + (term * taps + tap) * rounded + first
                            tap += 1
                            if isRow, x >= 0, x < Int(t.inputWidth) {
                                let values = row + x * pixelStride + first
                                for c in 0..<count { sums[c] = sums[c] &+ Int32(values[c]) &* Int32(weights[c]) }
                            } else {
                                for c in 0..<count { sums[c] = sums[c] &+ t.inputZeroPoint &* Int32(weights[c]) }
                            }
                        }
                    }
                }
                for c in 0..<count {
                    output[first + c] = requantize(sums[c], scale: t.scales[first + c], zeroPoint: t.outputZeroPoint,
                                                   minimum: t.outputMinimum, maximum: t.outputMaximum)
                }
                first += count
            }
        }
    }
}
#endif
