#if arch(x86_64)
import CIntrinsics
import CKernels
import KernelsX86Common

@_cdecl("vnni_depthwise")
public func vnniDepthwise(_ task: UnsafePointer<DepthwiseTask>, _ slice: UnsafePointer<KernelSlice>) {
    let t = task.pointee
    let plan = DepthwisePlan(t, group: 4)
    // Weights lie before the columns in scratch.
    let capacity = kernelDepthwiseScratchBytes(t.kernelHeight * t.kernelWidth) / MemoryLayout<ChannelQuads>.stride
    let outputs = plan.outputs(capacity: capacity - plan.allGroups)
    if outputs < Swift.min(4, Int(t.outputWidth)) {
        largeKernel(t, slice.pointee)
        return
    }
    let weights = slice.pointee.scratch.assumingMemoryBound(to: ChannelQuads.self)
    let inRegisters = t.kernelHeight == 3 && t.kernelWidth == 3 && t.tapRepeat == 1 && t.dilationX == 1
        && (t.strideX == 1 || t.strideX == 2)
    var outside = avx512_fill8(Int8(truncatingIfNeeded: t.inputZeroPoint))
    withUnsafeMutablePointer(to: &outside) { outside in
        let outside = UnsafeRawPointer(outside)
        var channel = Int(slice.pointee.firstChannel)
        while channel < Int(slice.pointee.endChannel) {
            let block = DepthwiseBlock(t, plan, channel: channel, end: Int(slice.pointee.endChannel), weights: weights)
            if !inRegisters {
                let planes = DepthwisePlanes(block: block, plan: plan, columns: weights + plan.allGroups, outputs: outputs,
                                             outside: outside)
                forEachRow(t, slice.pointee) { image, oy, x, endX, pixel in
                    planes.row(image: image, oy: oy, firstX: x, endX: endX, output: t.output + pixel * Int(t.outputPixelStride) + channel)
                }
            } else if t.strideX == 1 {
                columns(InlineArray<1, Void>.self, block, slice.pointee, outside)
            } else {
                columns(InlineArray<2, Void>.self, block, slice.pointee, outside)
            }
            channel += 64
        }
    }
}

@inline(never)
private func columns<let Stride: Int>(_ stride: InlineArray<Stride, Void>.Type, _ block: DepthwiseBlock, _ slice: KernelSlice,
                                      _ outside: UnsafeRawPointer) {
    forEachRow(block.task, slice) { image, oy, x, endX, pixel in
        DepthwiseColumns.run(stride, block, image: image, oy: oy, firstX: x, endX: endX, outside: outside,
                             output: block.task.output + pixel * Int(block.task.outputPixelStride) + block.channel)
    }
}

@inline(never)
private func largeKernel(_ t: DepthwiseTask, _ slice: KernelSlice) {
    let requantizer = Requantizer(zeroPoint: t.outputZeroPoint, minimum: t.outputMinimum, maximum: t.outputMaximum)
    forEachRow(t, slice) { image, oy, firstX, endX, pixel in
        for x in firstX..<endX {
            let output = t.output + (pixel + x - firstX) * Int(t.outputPixelStride)
            for channel in stride(from: Int(slice.firstChannel), to: Int(slice.endChannel), by: 16) {
                depthwiseLargeKernel(t, channel: channel, end: Int(slice.endChannel), image: image, oy: oy, ox: x, requantizer,
                                     output: output + channel)
            }
        }
    }
}
#endif
