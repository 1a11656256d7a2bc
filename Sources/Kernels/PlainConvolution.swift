#if !arch(arm64) && !arch(x86_64)
import CKernels

/// Convolution for processors without kernels of their own: a block of 16 channels at a time, in loops that a compiler
/// turns into whatever vectors there are. The result is the reference's, bit for bit.
func plainConvolution(_ task: UnsafePointer<ConvolutionTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let runCount = Int(t.runCount), repeats = Int(t.runRepeat), runLength = Int(t.runLength), quads = (runLength + 3) / 4
    let channels = Int(t.outputChannels), inputChannels = Int(t.inputChannels), pixelStride = Int(t.inputPixelStride)
    let rowBytes = Int(t.inputWidth) * pixelStride
    let firstPixel = Int(slice.pointee.firstPixel), endPixel = Int(slice.pointee.endPixel)
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 16) { sums in
        withUnsafeTemporaryAllocation(of: Int8.self, capacity: quads * 4) { gathered in
            let sums = sums.baseAddress!, gathered = gathered.baseAddress!
            for pixel in firstPixel..<endPixel {
                let at = PixelPosition(pixel, height: t.outputHeight, width: t.outputWidth)
                let top = at.y * Int(t.strideY) - Int(t.padTop), left = at.x * Int(t.strideX) - Int(t.padLeft)
                let image = t.input + at.image * Int(t.inputHeight) * rowBytes
                let output = t.output + pixel * Int(t.outputPixelStride)
                var channel = Int(slice.pointee.firstChannel)
                while channel < Int(slice.pointee.endChannel) {
                    let width = convolutionBlockWidth(channel / 16, outputChannels: channels)
                    var weights = t.weights + channel * runCount * repeats * quads * 4
                    for c in 0..<width { sums[c] = t.bias[channel + c] }
                    for _ in 0..<repeats {
                        for run in 0..<runCount {
                            let perRow = t.runPerRow != 0
                            let y = top + (perRow ? run : run / Int(t.kernelWidth)) * Int(t.dilationY)
                            let x = left + (perRow ? 0 : run % Int(t.kernelWidth)) * Int(t.dilationX)
                            let isRow = y >= 0 && y < Int(t.inputHeight)
                            let columns = perRow ? Int(t.kernelWidth) : 1
                            let bytes: UnsafePointer<Int8>
                            if isRow, x >= 0, x + columns <= Int(t.inputWidth) {
                                bytes = image + y * rowBytes + x * pixelStride
                            } else {
                                for tap in 0..<columns {
                                    let inside = isRow && x + tap >= 0 && x + tap < Int(t.inputWidth)
                                    for c in 0..<inputChannels {
                                        gathered[tap * inputChannels + c] = inside
                                            ? image[y * rowBytes + (x + tap) * pixelStride + c] : Int8(truncatingIfNeeded: t.inputZeroPoint)
                                    }
                                }
                                for i in runLength..<quads * 4 { gathered[i] = 0 }
                                bytes = UnsafePointer(gathered)
                            }
                            if width == 16 {
                                accumulate(bytes, weights, quads, 16, sums)
                            } else {
                                accumulate(bytes, weights, quads, width, sums)
                            }
                            weights += quads * width * 4
                        }
                    }
                    for c in 0..<Swift.min(16, Int(slice.pointee.endChannel) - channel) {
                        output[channel + c] = requantize(sums[c], scale: t.scales[channel + c], zeroPoint: t.outputZeroPoint,
                                                         minimum: t.outputMinimum, maximum: t.outputMaximum)
                    }
                    channel += 16
                }
            }
        }
    }
}

/// One run of a window times a block's weights. Always inlined: a constant width is what makes vectors of the loop.
@inline(__always)
private func accumulate(_ bytes: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>, _ quads: Int, _ width: Int,
                        _ sums: UnsafeMutablePointer<Int32>) {
    for quad in 0..<quads {
        let a = Int32(bytes[quad * 4]), b = Int32(bytes[quad * 4 + 1]), c = Int32(bytes[quad * 4 + 2]), d = Int32(bytes[quad * 4 + 3])
        let w = weights + quad * width * 4
        for channel in 0..<width {
            let first = a &* Int32(w[channel * 4]) &+ b &* Int32(w[channel * 4 + 1])
            let second = c &* Int32(w[channel * 4 + 2]) &+ d &* Int32(w[channel * 4 + 3])
            sums[channel] = sums[channel] &+ first &+ second
        }
    }
}
#endif
