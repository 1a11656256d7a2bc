#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

/// Float depthwise convolution, sixteen channels of a pixel at a time; taps outside the image are left out.
@_cdecl("neon_float_depthwise")
public func neonFloatDepthwise(_ task: UnsafePointer<FloatDepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let outputWidth = Int(task.pointee.outputWidth), outputHeight = Int(task.pointee.outputHeight)
    let height = Int(task.pointee.inputHeight), width = Int(task.pointee.inputWidth)
    let strideX = Int(task.pointee.strideX), strideY = Int(task.pointee.strideY)
    let dilationX = Int(task.pointee.dilationX), dilationY = Int(task.pointee.dilationY)
    let kernelWidth = Int(task.pointee.kernelWidth), kernelHeight = Int(task.pointee.kernelHeight)
    let pixelStride = Int(task.pointee.inputPixelStride)
    let rounded = (Int(task.pointee.channels) &+ 15) & ~15
    let minimum = repeat_f32x4(task.pointee.outputMinimum), maximum = repeat_f32x4(task.pointee.outputMaximum)
    let endChannel = Int(slice.pointee.endChannel)
    let endPixel = Int(slice.pointee.endPixel)
    var pixel = Int(slice.pointee.firstPixel)
    var x = pixel % outputWidth, y = pixel / outputWidth % outputHeight
    var image = task.pointee.input + pixel / outputWidth / outputHeight &* height &* width &* pixelStride
    while pixel < endPixel {
        let rows = insideTaps(y &* strideY &- Int(task.pointee.padTop), kernelHeight, dilationY, height)
        let columns = insideTaps(x &* strideX &- Int(task.pointee.padLeft), kernelWidth, dilationX, width)
        let top = y &* strideY &- Int(task.pointee.padTop), left = x &* strideX &- Int(task.pointee.padLeft)
        var channel = Int(slice.pointee.firstChannel)
        while channel < endChannel {
            var sums = FloatSums(task.pointee.bias + channel, vectors: 4)
            var ky = rows.first
            while ky < rows.end {
                var kx = columns.first
                var w = task.pointee.weights + ((ky &* kernelWidth &+ kx) &* rounded &+ channel)
                var p = image + (((top &+ ky &* dilationY) &* width &+ left &+ kx &* dilationX) &* pixelStride &+ channel)
                while kx < columns.end {
                    sums.v0 = multiply_add_f32(sums.v0, load_f32x4(w), load_f32x4(p))
                    sums.v1 = multiply_add_f32(sums.v1, load_f32x4(w + 4), load_f32x4(p + 4))
                    sums.v2 = multiply_add_f32(sums.v2, load_f32x4(w + 8), load_f32x4(p + 8))
                    sums.v3 = multiply_add_f32(sums.v3, load_f32x4(w + 12), load_f32x4(p + 12))
                    w += rounded
                    p += dilationX &* pixelStride
                    kx &+= 1
                }
                ky &+= 1
            }
            sums.store(task.pointee.output + (pixel &* Int(task.pointee.outputPixelStride) &+ channel), vectors: 4,
                       valid: endChannel &- channel, minimum, maximum)
            channel &+= 16
        }
        pixel &+= 1
        x &+= 1
        if x == outputWidth {
            x = 0
            y &+= 1
            if y == outputHeight {
                y = 0
                image += height &* width &* pixelStride
            }
        }
    }
}

/// Which of `count` taps, the first at `start`, lie in [0, size).
@inline(__always)
func insideTaps(_ start: Int, _ count: Int, _ dilation: Int, _ size: Int) -> (first: Int, end: Int) {
    var first = 0
    while first < count && start &+ first &* dilation < 0 { first &+= 1 }
    var end = count
    while end > first && start &+ (end &- 1) &* dilation >= size { end &-= 1 }
    return (first, end)
}
#endif
