import CKernels

/// Convolution as CKernels.h describes it, one output at a time.
func referenceConvolution(_ task: UnsafePointer<ConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let runLength = Int(t.runLength), quads = (runLength + 3) / 4
    let allRuns = Int(t.runCount) * Int(t.runRepeat)
    let inputChannels = Int(t.inputChannels)
    for pixel in Int(slice.pointee.firstPixel)..<Int(slice.pointee.endPixel) {
        let at = PixelPosition(pixel, height: t.outputHeight, width: t.outputWidth)
        for channel in Int(slice.pointee.firstChannel)..<Int(slice.pointee.endChannel) {
            let block = channel / 16
            let width = convolutionBlockWidth(block, outputChannels: Int(t.outputChannels))
            let blockWeights = t.weights + block * 16 * allRuns * quads * 4
            var sum = t.bias[channel]
            for run in 0..<allRuns {
                for i in 0..<runLength {
                    let tap = t.runPerRow != 0 ? i / inputChannels : run % Int(t.runCount) % Int(t.kernelWidth)
                    let ky = t.runPerRow != 0 ? run % Int(t.runCount) : run % Int(t.runCount) / Int(t.kernelWidth)
                    let y = at.y * Int(t.strideY) - Int(t.padTop) + ky * Int(t.dilationY)
                    let x = at.x * Int(t.strideX) - Int(t.padLeft) + tap * Int(t.dilationX)
                    let inside = y >= 0 && y < Int(t.inputHeight) && x >= 0 && x < Int(t.inputWidth)
                    let row = at.image * Int(t.inputHeight) + y
                    let value = inside
                        ? Int32(t.input[(row * Int(t.inputWidth) + x) * Int(t.inputPixelStride) + i % inputChannels])
                        : t.inputZeroPoint
                    let weight = blockWeights[((run * quads + i / 4) * width + channel % 16) * 4 + i % 4]
                    sum &+= value * Int32(weight)
                }
            }
            t.output[pixel * Int(t.outputPixelStride) + channel] = requantize(
                sum, scale: t.scales[channel], zeroPoint: t.outputZeroPoint, minimum: t.outputMinimum, maximum: t.outputMaximum)
        }
    }
}

/// Float convolution, summed in the order of the runs.
func referenceFloatConvolution(_ task: UnsafePointer<FloatConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let runLength = Int(t.runLength), runs = Int(t.runCount), inputChannels = Int(t.inputChannels)
    for pixel in Int(slice.pointee.firstPixel)..<Int(slice.pointee.endPixel) {
        let at = PixelPosition(pixel, height: t.outputHeight, width: t.outputWidth)
        for channel in Int(slice.pointee.firstChannel)..<Int(slice.pointee.endChannel) {
            let blockWeights = t.weights + channel / 16 * 16 * runs * runLength
            var sum = t.bias[channel]
            for run in 0..<runs {
                for i in 0..<runLength {
                    let tap = t.runPerRow != 0 ? i / inputChannels : run % Int(t.kernelWidth)
                    let ky = t.runPerRow != 0 ? run : run / Int(t.kernelWidth)
                    let y = at.y * Int(t.strideY) - Int(t.padTop) + ky * Int(t.dilationY)
                    let x = at.x * Int(t.strideX) - Int(t.padLeft) + tap * Int(t.dilationX)
                    guard y >= 0, y < Int(t.inputHeight), x >= 0, x < Int(t.inputWidth) else { continue }
                    let row = at.image * Int(t.inputHeight) + y
                    let value = t.input[(row * Int(t.inputWidth) + x) * Int(t.inputPixelStride) + i % inputChannels]
                    sum += value * blockWeights[(run * runLength + i) * 16 + channel % 16]
                }
            }
            t.output[pixel * Int(t.outputPixelStride) + channel] = Swift.min(Swift.max(sum, t.outputMinimum), t.outputMaximum)
        }
    }
}
