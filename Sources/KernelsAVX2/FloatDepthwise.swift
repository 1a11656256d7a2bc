#if arch(x86_64)
import CIntrinsics
import CKernels

@_cdecl("avx2_float_depthwise")
public func avx2FloatDepthwise(_ task: UnsafePointer<FloatDepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let tapStride = (Int(t.channels) + 15) / 16 * 16
    let width = Int(t.outputWidth), height = Int(t.outputHeight), pixelStride = Int(t.inputPixelStride)
    let minimum = avx2_fill_floats(t.outputMinimum), maximum = avx2_fill_floats(t.outputMaximum)
    for pixel in Int(slice.pointee.firstPixel)..<Int(slice.pointee.endPixel) {
        let x0 = pixel % width * Int(t.strideX) - Int(t.padLeft), y0 = pixel / width % height * Int(t.strideY) - Int(t.padTop)
        let imageElements = Int(t.inputHeight) * Int(t.inputWidth) * pixelStride
        let image = t.input + pixel / (width * height) * imageElements
        var channel = Int(slice.pointee.firstChannel)
        while channel < Int(slice.pointee.endChannel) {
            var low = avx2_load_floats(t.bias + channel), high = avx2_load_floats(t.bias + channel + 8)
            for ky in 0..<Int(t.kernelHeight) {
                let y = y0 + ky * Int(t.dilationY)
                if y < 0 || y >= Int(t.inputHeight) { continue }
                var weights = t.weights + ky * Int(t.kernelWidth) * tapStride + channel
                var x = x0
                let row = image + y * Int(t.inputWidth) * pixelStride + channel
                for _ in 0..<Int(t.kernelWidth) {
                    if x >= 0 && x < Int(t.inputWidth) {
                        let value = row + x * pixelStride
                        low = avx2_multiply_add(low, avx2_load_floats(value), avx2_load_floats(weights))
                        high = avx2_multiply_add(high, avx2_load_floats(value + 8), avx2_load_floats(weights + 8))
                    }
                    weights += tapStride
                    x += Int(t.dilationX)
                }
            }
            storeFloats(t.output + pixel * Int(t.outputPixelStride) + channel, avx2_clamp(low, minimum, maximum),
                        avx2_clamp(high, minimum, maximum), Int(slice.pointee.endChannel) - channel)
            channel += 16
        }
    }
}
#endif
