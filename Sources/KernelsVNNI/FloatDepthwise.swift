#if arch(x86_64)
import CIntrinsics
import CKernels

@_cdecl("vnni_float_depthwise")
public func vnniFloatDepthwise(_ task: UnsafePointer<FloatDepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let tapStride = (Int(t.channels) + 15) / 16 * 16
    let width = Int(t.outputWidth), height = Int(t.outputHeight), pixelStride = Int(t.inputPixelStride)
    let imageElements = Int(t.inputHeight) * Int(t.inputWidth) * pixelStride
    let minimum = avx512_fill_floats(t.outputMinimum), maximum = avx512_fill_floats(t.outputMaximum)
    for pixel in Int(slice.pointee.firstPixel)..<Int(slice.pointee.endPixel) {
        let x0 = pixel % width * Int(t.strideX) - Int(t.padLeft), y0 = pixel / width % height * Int(t.strideY) - Int(t.padTop)
        let image = t.input + pixel / (width * height) * imageElements
        var channel = Int(slice.pointee.firstChannel)
        while channel < Int(slice.pointee.endChannel) {
            var sums = avx512_load_floats(t.bias + channel)
            for ky in 0..<Int(t.kernelHeight) {
                let y = y0 + ky * Int(t.dilationY)
                if y < 0 || y >= Int(t.inputHeight) { continue }
                var weights = t.weights + (ky * Int(t.kernelWidth) * tapStride + channel)
                var x = x0
                let row = image + (y * Int(t.inputWidth) * pixelStride + channel)
                for _ in 0..<Int(t.kernelWidth) {
                    if x >= 0 && x < Int(t.inputWidth) {
                        sums = avx512_multiply_add(sums, avx512_load_floats(row + x * pixelStride), avx512_load_floats(weights))
                    }
                    weights += tapStride
                    x += Int(t.dilationX)
                }
            }
            avx512_store_some_floats(t.output + (pixel * Int(t.outputPixelStride) + channel),
                                     floatMask(Int(slice.pointee.endChannel) - channel),
                                     avx512_clamp(sums, minimum, maximum))
            channel += 16
        }
    }
}
#endif
