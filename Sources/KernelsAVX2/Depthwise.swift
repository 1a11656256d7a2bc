#if arch(x86_64)
import CIntrinsics
import CKernels
import KernelsX86Common

@_cdecl("avx2_depthwise")
public func avx2Depthwise(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let plan = DepthwisePlan(t, group: 2)
    // Weights lie before the columns in scratch.
    let capacity = kernelDepthwiseScratchBytes(t.kernelHeight * t.kernelWidth) / MemoryLayout<TapPairs>.stride
    let outputs = plan.outputs(capacity: capacity - plan.allGroups)
    if outputs < Swift.min(4, Int(t.outputWidth)) {
        largeKernel(t, slice.pointee)
        return
    }
    let weights = slice.pointee.scratch.assumingMemoryBound(to: TapPairs.self)
    var outside = SIMD16<Int8>(repeating: Int8(truncatingIfNeeded: t.inputZeroPoint))
    withUnsafePointer(to: &outside) { outside in
        var channel = Int(slice.pointee.firstChannel)
        while channel < Int(slice.pointee.endChannel) {
            arrangeWeights(t, plan, channel: channel, weights)
            let planes = DepthwisePlanes(task: t, plan: plan, channel: channel,
                                         valid: Swift.min(16, Int(slice.pointee.endChannel) - channel),
                                         weights: weights, columns: weights + plan.allGroups, outputs: outputs, outside: outside)
            forEachRow(t, slice.pointee) { image, oy, x, endX, pixel in
                planes.row(image: image, oy: oy, firstX: x, endX: endX, output: t.output + pixel * Int(t.outputPixelStride) + channel)
            }
            channel += 16
        }
    }
}

/// The weights of 16 channels in the plan's order of groups.
private func arrangeWeights(_ t: DepthwiseTask, _ plan: DepthwisePlan, channel: Int, _ weights: UnsafeMutablePointer<TapPairs>) {
    let tapStride = (Int(t.channels) + 15) / 16 * 16
    let source = UnsafeRawPointer(t.weights) + channel
    var none = SIMD16<Int8>(repeating: 0)
    withUnsafePointer(to: &none) { none in
        let pointer = { (tap: Int?) in tap.map { source + $0 * tapStride } ?? UnsafeRawPointer(none) }
        for group in 0..<plan.allGroups {
            weights[group] = TapPairs(pointer(plan.tap(group: group, 0)), pointer(plan.tap(group: group, 1)))
        }
    }
}

/// Kernels whose columns don't fit in scratch: one tap after the other.
@inline(never)
private func largeKernel(_ t: DepthwiseTask, _ slice: KernelSlice) {
    let taps = Int(t.kernelHeight) * Int(t.kernelWidth), ring = Int(t.inputRingRows)
    let tapStride = (Int(t.channels) + 15) / 16 * 16
    let outside = avx2_fill32(t.inputZeroPoint)
    let upper = avx2_fill_floats(Float(t.outputMaximum - t.outputZeroPoint))
    forEachRow(t, slice) { image, oy, firstX, endX, pixel in
        for x in firstX..<endX {
            for channel in stride(from: Int(slice.firstChannel), to: Int(slice.endChannel), by: 16) {
                var low = avx2_load(t.bias + channel), high = avx2_load(t.bias + channel + 8)
                for i in 0..<taps * Int(t.tapRepeat) {
                    let tap = i % taps
                    let inputY = oy * Int(t.strideY) - Int(t.padTop) + tap / Int(t.kernelWidth) * Int(t.dilationY)
                    let inputX = x * Int(t.strideX) - Int(t.padLeft) + tap % Int(t.kernelWidth) * Int(t.dilationX)
                    var lowValues = outside, highValues = outside
                    if inputY >= 0 && inputY < Int(t.inputHeight) && inputX >= 0 && inputX < Int(t.inputWidth) {
                        let inputPixel = (image * ring + inputY % ring) * Int(t.inputWidth) + inputX
                        let values = t.input + inputPixel * Int(t.inputPixelStride) + channel
                        lowValues = avx2_widen_to_32(values)
                        highValues = avx2_widen_to_32(values + 8)
                    }
                    let weights = t.weights + i * tapStride + channel
                    low = avx2_multiply_add32(low, lowValues, avx2_widen_to_32(weights))
                    high = avx2_multiply_add32(high, highValues, avx2_widen_to_32(weights + 8))
                }
                let bytes = avx2_to_bytes(
                    avx2_scale(low, avx2_load_floats(t.scales + channel), upper),
                        avx2_scale(high, avx2_load_floats(t.scales + channel + 8), upper),
                    t.outputZeroPoint, t.outputMinimum, t.outputMaximum)
                storeBytes(t.output + (pixel + x - firstX) * Int(t.outputPixelStride) + channel, bytes, Int(slice.endChannel) - channel)
            }
        }
    }
}
#endif
