#if arch(x86_64)
import CKernels

/// The geometry that int8 and float convolutions share, in elements.
struct WindowGeometry {
    let inputHeight: Int, inputWidth: Int, inputChannels: Int, inputPixelStride: Int
    let outputHeight: Int, outputWidth: Int
    let kernelHeight: Int, kernelWidth: Int, strideY: Int, strideX: Int, dilationY: Int, dilationX: Int, padTop: Int, padLeft: Int
    let runPerRow: Bool

    @inline(__always)
    init(_ t: ConvolutionTask) {
        inputHeight = Int(t.inputHeight); inputWidth = Int(t.inputWidth); inputChannels = Int(t.inputChannels);
            inputPixelStride = Int(t.inputPixelStride)
        outputHeight = Int(t.outputHeight); outputWidth = Int(t.outputWidth)
        kernelHeight = Int(t.kernelHeight); kernelWidth = Int(t.kernelWidth); strideY = Int(t.strideY); strideX = Int(t.strideX)
        dilationY = Int(t.dilationY); dilationX = Int(t.dilationX); padTop = Int(t.padTop); padLeft = Int(t.padLeft)
        runPerRow = t.runPerRow != 0
    }

    @inline(__always)
    init(_ t: FloatConvolutionTask) {
        inputHeight = Int(t.inputHeight); inputWidth = Int(t.inputWidth); inputChannels = Int(t.inputChannels);
            inputPixelStride = Int(t.inputPixelStride)
        outputHeight = Int(t.outputHeight); outputWidth = Int(t.outputWidth)
        kernelHeight = Int(t.kernelHeight); kernelWidth = Int(t.kernelWidth); strideY = Int(t.strideY); strideX = Int(t.strideX)
        dilationY = Int(t.dilationY); dilationX = Int(t.dilationX); padTop = Int(t.padTop); padLeft = Int(t.padLeft)
        runPerRow = t.runPerRow != 0
    }

    /// Walks the window of one output pixel in the order of its weights: `copy(element offset in the input, count)` for
    /// what lies inside, `fill(count)` for what lies outside, `endRun()` after each run.
    @inline(__always)
    func walk(pixel: Int, copy: (Int, Int) -> Void, fill: (Int) -> Void, endRun: () -> Void) {
        let x0 = pixel % outputWidth * strideX - padLeft
        let y0 = pixel / outputWidth % outputHeight * strideY - padTop
        let image = pixel / (outputWidth * outputHeight)
        for ky in 0..<kernelHeight {
            let y = y0 + ky * dilationY
            let rowInside = y >= 0 && y < inputHeight
            let row = (image * inputHeight + y) * inputWidth * inputPixelStride
            if runPerRow {
                let left = rowInside ? Swift.min(Swift.max(-x0, 0), kernelWidth) : kernelWidth
                let right = rowInside ? Swift.min(Swift.max(x0 + kernelWidth - inputWidth, 0), kernelWidth - left) : 0
                let middle = kernelWidth - left - right
                if left > 0 { fill(left * inputChannels) }
                if middle > 0 { copy(row + (x0 + left) * inputPixelStride, middle * inputChannels) }
                if right > 0 { fill(right * inputChannels) }
                endRun()
            } else {
                for kx in 0..<kernelWidth {
                    let x = x0 + kx * dilationX
                    if rowInside && x >= 0 && x < inputWidth {
                        copy(row + x * inputPixelStride, inputChannels)
                    } else {
                        fill(inputChannels)
                    }
                    endRun()
                }
            }
        }
    }
}
#endif
