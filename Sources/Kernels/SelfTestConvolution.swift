import CKernels

extension SelfTest {
    mutating func convolutionCase(_ index: Int) {
        let shape = random.shape(depthwise: false)
        let terms = random.oneIn(6) ? 2 : 1
        let layout = ConvolutionLayout(
            outputChannels: Int(shape.outputChannels), kernelHeight: Int(shape.kernelHeight), kernelWidth: Int(shape.kernelWidth),
            inputChannels: Int(shape.channels), runPerRow: shape.runPerRow)
        let noise = random.bytes(-128, 127)
        let input = TestBuffer(shape.inputElements, random.bytes(-128, 127))
        let makeWeight = random.bytes(-127, 127)
        var plain: [[Int8]] = []
        for _ in 0..<terms {
            var term: [Int8] = []
            for _ in 0..<layout.outputChannels * layout.window { term.append(makeWeight()) }
            plain.append(term)
        }
        let weights = TestBuffer(layout.pack(terms: plain), noise: noise)
        let bias = random.bias(shape.outputChannels), scales = random.scales(shape.outputChannels, window: layout.window * terms)
        let expected = TestBuffer(shape.outputElements, noise)
        let actual = TestBuffer(copying: expected)
        let scratchBytes = kernelScratchBytes(Int32(layout.runCount), Int32(layout.runLength), 1)
        let scratch = TestBuffer(scratchBytes, noise), scratchBefore = TestBuffer(copying: scratch)
        let (zeroPoint, minimum, maximum) = random.outputRange()
        var slice = random.slice(pixels: shape.outputPixels, channels: shape.outputChannels, scratch: scratch.pointer)
        var task = ConvolutionTask(
            input: input.pointer, output: expected.pointer, weights: weights.pointer, bias: bias.pointer, scales: scales.pointer,
            batch: shape.batch, inputHeight: shape.height, inputWidth: shape.width, inputChannels: shape.channels,
            inputPixelStride: shape.pixelStride, outputHeight: shape.outputHeight, outputWidth: shape.outputWidth,
            outputChannels: shape.outputChannels, outputPixelStride: shape.outputPixelStride, kernelHeight: shape.kernelHeight,
            kernelWidth: shape.kernelWidth, strideY: shape.strideY, strideX: shape.strideX, dilationY: shape.dilationY,
            dilationX: shape.dilationX, padTop: shape.padTop, padLeft: shape.padLeft, runPerRow: shape.runPerRow ? 1 : 0,
            runCount: Int32(layout.runCount), runLength: Int32(layout.runLength), runRepeat: Int32(terms),
            inputZeroPoint: Int32(random.integer(-128, 127)), outputZeroPoint: zeroPoint, outputMinimum: minimum, outputMaximum: maximum)
        reference.convolution(&task, &slice)
        task.output = actual.pointer
        table.convolution(&task, &slice)
        let what = "convolution \(index) (\(shape.description), terms \(terms), pixels \(slice.firstPixel)..<\(slice.endPixel), channels "
            + "\(slice.firstChannel)..<\(slice.endChannel))"
        compare(actual, expected, what)
        compareScratchEnd(scratch, scratchBefore, what)
    }

    mutating func floatConvolutionCase(_ index: Int) {
        let shape = random.shape(depthwise: false)
        let layout = ConvolutionLayout(
            outputChannels: Int(shape.outputChannels), kernelHeight: Int(shape.kernelHeight), kernelWidth: Int(shape.kernelWidth),
            inputChannels: Int(shape.channels), runPerRow: shape.runPerRow)
        let noise = random.floats()
        let input = TestBuffer(shape.inputElements, random.floats())
        var plain: [Float] = []
        for _ in 0..<layout.outputChannels * layout.window { plain.append(random.unit()) }
        let weights = TestBuffer(layout.pack(plain), noise: noise)
        let bias = TestBuffer(paddedChannels(layout.outputChannels), random.floats())
        let expected = TestBuffer(shape.outputElements, noise)
        let actual = TestBuffer(copying: expected)
        let bytes = random.bytes(-128, 127)
        let scratchBytes = kernelScratchBytes(Int32(layout.runCount), Int32(layout.runLength), 4)
        let scratch = TestBuffer(scratchBytes, bytes), scratchBefore = TestBuffer(copying: scratch)
        let clamps = random.oneIn(2)
        var slice = random.slice(pixels: shape.outputPixels, channels: shape.outputChannels, scratch: scratch.pointer)
        var task = FloatConvolutionTask(
            input: input.pointer, output: expected.pointer, weights: weights.pointer, bias: bias.pointer,
            batch: shape.batch, inputHeight: shape.height, inputWidth: shape.width, inputChannels: shape.channels,
            inputPixelStride: shape.pixelStride, outputHeight: shape.outputHeight, outputWidth: shape.outputWidth,
            outputChannels: shape.outputChannels, outputPixelStride: shape.outputPixelStride, kernelHeight: shape.kernelHeight,
            kernelWidth: shape.kernelWidth, strideY: shape.strideY, strideX: shape.strideX, dilationY: shape.dilationY,
            dilationX: shape.dilationX, padTop: shape.padTop, padLeft: shape.padLeft, runPerRow: shape.runPerRow ? 1 : 0,
            runCount: Int32(layout.runCount), runLength: Int32(layout.runLength),
            outputMinimum: clamps ? 0 : -.infinity, outputMaximum: clamps ? 6 : .infinity)
        reference.floatConvolution(&task, &slice)
        task.output = actual.pointer
        table.floatConvolution(&task, &slice)
        let what = "float convolution \(index) (\(shape.description), pixels \(slice.firstPixel)..<\(slice.endPixel), channels "
            + "\(slice.firstChannel)..<\(slice.endChannel))"
        compare(actual, expected, tolerance: 1e-5 + 1e-6 * Float(layout.window), what)
        compareScratchEnd(scratch, scratchBefore, what)
    }

    /// What lies after the scratch a kernel asked for must be as it was.
    private mutating func compareScratchEnd(_ scratch: TestBuffer<Int8>, _ before: TestBuffer<Int8>, _ what: String) {
        guard report.mismatch == nil else { return }
        for i in scratch.count..<scratch.capacity where scratch[i] != before[i] {
            report.mismatch = "\(table.name) \(what): wrote past its scratch"
            return
        }
    }
}
