import CKernels
import Kernels
import Nest
import Platform

/// int8 convolution with its fused tail: lookup, then residual addition, slice by slice while the results are in the
/// cache.
final class ConvolutionStep: Step {
    private let task: UnsafeMutablePointer<ConvolutionTask>
    private let tail: Tail
    private let kernel: KernelTable.Slice<ConvolutionTask>
    private let partition: Partition
    private let kernelScratch: Int
    private let scales: WeightScales

    init(_ context: StepContext) {
        let a = ConvolutionAttributes(words: context.words)!
        let x = context.view(context.instruction.inputs.0), y = context.view(context.instruction.outputs.0)
        let shape = ConvolutionShape(convolution: a, inputChannels: x.channels, outputChannels: y.channels, type: .int8)
        var task = convolutionTask(a, x, blob: context.blob, channels: y.channels, height: y.record.height, width: y.record.width)
        task.output = y.bytes
        task.outputPixelStride = y.record.pixelStride
        self.task = allocated(task)
        tail = Tail(a, context, output: y)
        kernel = context.kernels.convolution
        kernelScratch = roundUp(kernelScratchBytes(Int32(shape.runCount), Int32(shape.runLength), 1), to: 64)
        partition = Partition(pixels: y.pixels, channels: y.channels, operations: shape.runCount * shape.runLength,
                              threads: context.threads,
                              most: tail.isEmpty ? 0 : Tail.pixels(y.channels))
        scales = WeightScales(context.blob + Int(a.scaleOffset), count: y.channels)
        super.init(index: context.index)
        slices = partition.count
        scratchBytes = kernelScratch + (tail.isEmpty ? 0 : tail.scratchBytes(pixels: partition.pixelsPerSlice))
    }

    deinit { task.deallocate() }

    /// The step for the input's type.
    static func make(_ context: StepContext) -> Step {
        context.view(context.instruction.inputs.0).type == .int8 ? ConvolutionStep(context) : FloatConvolutionStep(context)
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
        part.outputPixelStride = part.outputChannels
        part.output = tail.origin(of: buffer, firstPixel: first)
        kernel(&part, &slice)
        tail.finish(buffer, firstPixel: first, count: count)
    }
}

/// The fields of a task that come from attributes, input and weights; the output is the caller's.
func convolutionTask(_ a: ConvolutionAttributes, _ x: View, blob: UnsafeRawPointer, weightsOffset: Int = 0, channels: Int, height: Int32,
                     width: Int32) -> ConvolutionTask {
    let shape = ConvolutionShape(convolution: a, inputChannels: x.channels, outputChannels: channels, type: .int8)
    var task = ConvolutionTask()
    task.input = UnsafePointer(x.bytes)
    task.weights = (blob + weightsOffset).assumingMemoryBound(to: Int8.self)
    task.bias = (blob + Int(a.biasOffset)).assumingMemoryBound(to: Int32.self)
    task.scales = (blob + Int(a.scaleOffset)).assumingMemoryBound(to: Float.self)
    task.batch = x.record.batch
    task.inputHeight = x.record.height
    task.inputWidth = x.record.width
    task.inputChannels = x.record.channels
    task.inputPixelStride = x.record.pixelStride
    task.outputHeight = height
    task.outputWidth = width
    task.outputChannels = Int32(channels)
    task.outputPixelStride = Int32(channels)
    task.kernelHeight = a.kernelHeight
    task.kernelWidth = a.kernelWidth
    task.strideY = a.strideY
    task.strideX = a.strideX
    task.dilationY = a.dilationY
    task.dilationX = a.dilationX
    task.padTop = a.padTop
    task.padLeft = a.padLeft
    task.runPerRow = a.runPerRow
    task.runCount = Int32(shape.runCount)
    task.runLength = Int32(shape.runLength)
    task.runRepeat = a.runRepeat
    task.inputZeroPoint = x.record.zeroPoint
    task.outputZeroPoint = a.resultZeroPoint
    task.outputMinimum = a.outputMinimum
    task.outputMaximum = a.outputMaximum
    return task
}

/// The scales of a convolution's channels.
struct WeightScales {
    let values: UnsafePointer<Float>
    let count: Int

    init(_ address: UnsafeRawPointer, count: Int) {
        values = address.assumingMemoryBound(to: Float.self)
        self.count = count
    }

    func check() throws(Failure) {
        for channel in 0..<count where !(values[channel] >= 0 && values[channel] < 1e30) {
            throw Failure(.badFormat, "the scale of channel \(channel) is no number that scales")
        }
    }
}
