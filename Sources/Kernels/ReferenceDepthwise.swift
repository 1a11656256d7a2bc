import CKernels

/// Depthwise convolution as CKernels.h describes it, one output at a time.
func referenceDepthwise(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let channelsRounded = (Int(t.channels) + 15) / 16 * 16
    let taps = Int(t.kernelHeight) * Int(t.kernelWidth)
    for pixel in Int(slice.pointee.firstPixel)..<Int(slice.pointee.endPixel) {
        let at = PixelPosition(pixel, height: t.outputHeight, width: t.outputWidth)
        for channel in Int(slice.pointee.firstChannel)..<Int(slice.pointee.endChannel) {
            var sum = t.bias[channel]
            for term in 0..<Int(t.tapRepeat) {
                for tap in 0..<taps {
                    let y = at.y * Int(t.strideY) - Int(t.padTop) + tap / Int(t.kernelWidth) * Int(t.dilationY)
                    let x = at.x * Int(t.strideX) - Int(t.padLeft) + tap % Int(t.kernelWidth) * Int(t.dilationX)
                    let inside = y >= 0 && y < Int(t.inputHeight) && x >= 0 && x < Int(t.inputWidth)
                    let row = at.image * Int(t.inputRingRows) + y % Int(t.inputRingRows)
                    let value = inside
                        ? Int32(t.input[(row * Int(t.inputWidth) + x) * Int(t.inputPixelStride) + channel])
                        : t.inputZeroPoint
                    sum &+= value * Int32(t.weights[(term * taps + tap) * channelsRounded + channel])
                }
            }
            t.output[pixel * Int(t.outputPixelStride) + channel] = requantize(
                sum, scale: t.scales[channel], zeroPoint: t.outputZeroPoint, minimum: t.outputMinimum, maximum: t.outputMaximum)
        }
    }
}

/// Float depthwise convolution, summed in the order of the taps.
func referenceFloatDepthwise(_ task: UnsafePointer<FloatDepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let channelsRounded = (Int(t.channels) + 15) / 16 * 16
    for pixel in Int(slice.pointee.firstPixel)..<Int(slice.pointee.endPixel) {
        let at = PixelPosition(pixel, height: t.outputHeight, width: t.outputWidth)
        for channel in Int(slice.pointee.firstChannel)..<Int(slice.pointee.endChannel) {
            var sum = t.bias[channel]
            for tap in 0..<Int(t.kernelHeight * t.kernelWidth) {
                let y = at.y * Int(t.strideY) - Int(t.padTop) + tap / Int(t.kernelWidth) * Int(t.dilationY)
                let x = at.x * Int(t.strideX) - Int(t.padLeft) + tap % Int(t.kernelWidth) * Int(t.dilationX)
                guard y >= 0, y < Int(t.inputHeight), x >= 0, x < Int(t.inputWidth) else { continue }
                let row = at.image * Int(t.inputHeight) + y
                sum += t.input[(row * Int(t.inputWidth) + x) * Int(t.inputPixelStride) + channel]
                    * t.weights[tap * channelsRounded + channel]
            }
            t.output[pixel * Int(t.outputPixelStride) + channel] = Swift.min(Swift.max(sum, t.outputMinimum), t.outputMaximum)
        }
    }
}
