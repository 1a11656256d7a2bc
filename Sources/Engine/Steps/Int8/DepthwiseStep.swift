import CKernels
import Kernels
import Nest
import Platform

/// int8 depthwise convolution with the same tail as a convolution.
final class DepthwiseStep: Step {
    private let task: UnsafeMutablePointer<DepthwiseTask>
    private let tail: Tail
    private let kernel: KernelTable.Slice<DepthwiseTask>
    private let partition: Partition
    private let kernelScratch: Int
    private let scales: WeightScales

    init(_ context: StepContext) {
        let a = ConvolutionAttributes(words: context.words)!
        let x = context.view(context.instruction.inputs.0), y = context.view(context.instruction.outputs.0)
        var task = depthwiseTask(a, blob: context.blob, channels: y.channels)
        task.input = UnsafePointer(x.bytes)
        task.output = y.bytes
        task.batch = x.record.batch
        task.inputHeight = x.record.height
        task.inputWidth = x.record.width
        task.inputPixelStride = x.record.pixelStride
        task.inputRingRows = x.record.height
        task.outputHeight = y.record.height
        task.outputWidth = y.record.width
        task.outputPixelStride = y.record.pixelStride
        task.inputZeroPoint = x.record.zeroPoint
        self.task = allocated(task)
        tail = Tail(a, context, output: y)
        kernel = context.kernels.depthwise
        kernelScratch = depthwiseScratchBytes(a)
        partition = Partition(pixels: y.pixels, channels: y.channels, operations: Int(a.kernelHeight) * Int(a.kernelWidth) * 2,
                              threads: context.threads,
                              most: tail.isEmpty ? 0 : Tail.pixels(y.channels), row: max(1, Int(y.record.width)))
        scales = WeightScales(context.blob + Int(a.scaleOffset), count: y.channels)
        super.init(index: context.index)
        slices = partition.count
        scratchBytes = kernelScratch + (tail.isEmpty ? 0 : tail.scratchBytes(pixels: partition.pixelsPerSlice))
    }

    deinit { task.deallocate() }

    /// The step for the input's type.
    static func make(_ context: StepContext) -> Step {
        context.view(context.instruction.inputs.0).type == .int8 ? DepthwiseStep(context) : FloatDepthwiseStep(context)
    }

    override func checkWeights() throws(Failure) {
        try scales.check()
        try tail.check()
    }

    override func execute(_ index: Int, worker: Int) {
        let scratch = scratch(worker)
        var slice = partition.slice(index, scratch: scratch)
        guard !tail.isEmpty else {
            kernel(task, &slice)
            return
        }
        var part = task.pointee
        let first = Int(slice.firstPixel), count = Int(slice.endPixel) - first
        let buffer = (scratch + kernelScratch).assumingMemoryBound(to: Int8.self)
        part.outputPixelStride = part.channels
        part.output = tail.origin(of: buffer, firstPixel: first)
        kernel(&part, &slice)
        tail.finish(buffer, firstPixel: first, count: count)
    }
}

/// Scratch for a depthwise kernel.
func depthwiseScratchBytes(_ a: ConvolutionAttributes) -> Int { kernelDepthwiseScratchBytes(a.kernelHeight * a.kernelWidth) }

/// The fields that come from attributes and weights.
func depthwiseTask(_ a: ConvolutionAttributes, blob: UnsafeRawPointer, weightsOffset: Int = 0, channels: Int) -> DepthwiseTask {
    var task = DepthwiseTask()
    task.weights = (blob + weightsOffset).assumingMemoryBound(to: Int8.self)
    task.bias = (blob + Int(a.biasOffset)).assumingMemoryBound(to: Int32.self)
    task.scales = (blob + Int(a.scaleOffset)).assumingMemoryBound(to: Float.self)
    task.channels = Int32(channels)
    task.kernelHeight = a.kernelHeight
    task.kernelWidth = a.kernelWidth
    task.strideY = a.strideY
    task.strideX = a.strideX
    task.dilationY = a.dilationY
    task.dilationX = a.dilationX
    task.padTop = a.padTop
    task.padLeft = a.padLeft
    task.tapRepeat = a.runRepeat
    task.outputZeroPoint = a.resultZeroPoint
    task.outputMinimum = a.outputMinimum
    task.outputMaximum = a.outputMaximum
    return task
}
