import CKernels
import Kernels
import Nest

/// float32 convolution: kernel, function, clamp, residual.
final class FloatConvolutionStep: Step {
    private let task: UnsafeMutablePointer<FloatConvolutionTask>
    private let kernel: KernelTable.Slice<FloatConvolutionTask>
    private let partition: Partition
    private let tail: FloatTail

    init(_ context: StepContext) {
        let a = ConvolutionAttributes(words: context.words)!
        let x = context.view(context.instruction.inputs.0), y = context.view(context.instruction.outputs.0)
        let shape = ConvolutionShape(convolution: a, inputChannels: x.channels, outputChannels: y.channels, type: .float32)
        tail = FloatTail(a, y, residual: context.optionalView(context.instruction.inputs.1), context.kernels)
        var task = FloatConvolutionTask()
        task.input = UnsafePointer(x.floats)
        task.output = y.floats
        task.weights = context.blob.assumingMemoryBound(to: Float.self)
        task.bias = (context.blob + Int(a.biasOffset)).assumingMemoryBound(to: Float.self)
        task.batch = x.record.batch
        task.inputHeight = x.record.height
        task.inputWidth = x.record.width
        task.inputChannels = x.record.channels
        task.inputPixelStride = x.record.pixelStride
        task.outputHeight = y.record.height
        task.outputWidth = y.record.width
        task.outputChannels = y.record.channels
        task.outputPixelStride = y.record.pixelStride
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
        (task.outputMinimum, task.outputMaximum) = tail.kernelClamp
        self.task = allocated(task)
        kernel = context.kernels.floatConvolution
        partition = Partition(pixels: y.pixels, channels: y.channels, operations: 4 * shape.runCount * shape.runLength,
                              threads: context.threads,
                              most: tail.isEmpty ? 0 : Tail.pixels(y.channels * 4))
        super.init(index: context.index)
        slices = partition.count
        scratchBytes = kernelScratchBytes(task.runCount, task.runLength, 4)
    }

    deinit { task.deallocate() }

    override func execute(_ index: Int, worker: Int) {
        var slice = partition.slice(index, scratch: scratch(worker))
        kernel(task, &slice)
        tail.finish(firstPixel: Int(slice.firstPixel), endPixel: Int(slice.endPixel))
    }
}

/// float32 depthwise convolution with the same tail.
final class FloatDepthwiseStep: Step {
    private let task: UnsafeMutablePointer<FloatDepthwiseTask>
    private let kernel: KernelTable.Slice<FloatDepthwiseTask>
    private let partition: Partition
    private let tail: FloatTail

    init(_ context: StepContext) {
        let a = ConvolutionAttributes(words: context.words)!
        let x = context.view(context.instruction.inputs.0), y = context.view(context.instruction.outputs.0)
        tail = FloatTail(a, y, residual: context.optionalView(context.instruction.inputs.1), context.kernels)
        var task = FloatDepthwiseTask()
        task.input = UnsafePointer(x.floats)
        task.output = y.floats
        task.weights = context.blob.assumingMemoryBound(to: Float.self)
        task.bias = (context.blob + Int(a.biasOffset)).assumingMemoryBound(to: Float.self)
        task.batch = x.record.batch
        task.inputHeight = x.record.height
        task.inputWidth = x.record.width
        task.channels = x.record.channels
        task.inputPixelStride = x.record.pixelStride
        task.outputHeight = y.record.height
        task.outputWidth = y.record.width
        task.outputPixelStride = y.record.pixelStride
        task.kernelHeight = a.kernelHeight
        task.kernelWidth = a.kernelWidth
        task.strideY = a.strideY
        task.strideX = a.strideX
        task.dilationY = a.dilationY
        task.dilationX = a.dilationX
        task.padTop = a.padTop
        task.padLeft = a.padLeft
        (task.outputMinimum, task.outputMaximum) = tail.kernelClamp
        self.task = allocated(task)
        kernel = context.kernels.floatDepthwise
        partition = Partition(pixels: y.pixels, channels: y.channels, operations: 4 * Int(a.kernelHeight * a.kernelWidth),
                              threads: context.threads,
                              most: tail.isEmpty ? 0 : Tail.pixels(y.channels * 4), row: max(1, Int(y.record.width)))
        super.init(index: context.index)
        slices = partition.count
        scratchBytes = depthwiseScratchBytes(a)
    }

    deinit { task.deallocate() }

    override func execute(_ index: Int, worker: Int) {
        var slice = partition.slice(index, scratch: scratch(worker))
        kernel(task, &slice)
        tail.finish(firstPixel: Int(slice.firstPixel), endPixel: Int(slice.endPixel))
    }
}

/// What follows a float convolution: a function, its clamp, the residual. In place, element by element.
struct FloatTail {
    private let output: View
    private let residual: View?
    private let function: FloatFunction?
    private let minimum: Float, maximum: Float

    init(_ a: ConvolutionAttributes, _ output: View, residual: View?, _ kernels: KernelTable) {
        self.output = output
        self.residual = residual
        function = UnaryFunction(rawValue: a.floatFunction).map { FloatFunction($0, alpha: a.functionAlpha, beta: a.functionBeta, kernels) }
        minimum = a.floatMinimum
        maximum = a.floatMaximum
    }

    var isEmpty: Bool { function == nil && residual == nil }

    /// The kernel clamps by itself unless a function comes first.
    var kernelClamp: (Float, Float) { function == nil ? (minimum, maximum) : (-.infinity, .infinity) }

    func finish(firstPixel: Int, endPixel: Int) {
        if isEmpty { return }
        let channels = output.channels
        // Dense pixels are one run.
        if let function, output.isDense {
            let run = output.floats + firstPixel * channels
            function.apply(run, run, (endPixel - firstPixel) * channels)
        }
        for pixel in firstPixel..<endPixel {
            let row = output.floats + pixel * output.stride
            if let function {
                if !output.isDense { function.apply(row, row, channels) }
                if minimum > -.infinity || maximum < .infinity {
                    for channel in 0..<channels { row[channel] = min(max(row[channel], minimum), maximum) }
                }
            }
            if let residual {
                let other = residual.floats + pixel * residual.stride
                for channel in 0..<channels { row[channel] += other[channel] }
            }
        }
    }
}
