import CKernels

extension SelfTest {
    mutating func depthwiseCase(_ index: Int) {
        var shape = random.shape(depthwise: true)
        let terms = random.oneIn(6) ? 2 : 1
        let layout = DepthwiseLayout(channels: Int(shape.channels), kernelHeight: Int(shape.kernelHeight),
                                     kernelWidth: Int(shape.kernelWidth))
        var ringRows = shape.height
        if random.oneIn(3) {
            // A ring serves one image at a time.
            shape.batch = 1
            ringRows = Swift.min(shape.height, shape.dilationY * (shape.kernelHeight - 1) + 1 + Int32(random.integer(0, 2)))
        }
        let noise = random.bytes(-128, 127)
        let input = TestBuffer(Int(shape.batch * ringRows * shape.width * shape.pixelStride), random.bytes(-128, 127))
        let makeWeight = random.bytes(-127, 127)
        var plain: [[Int8]] = []
        for _ in 0..<terms {
            var term: [Int8] = []
            for _ in 0..<layout.taps * layout.channels { term.append(makeWeight()) }
            plain.append(term)
        }
        let weights = TestBuffer(layout.pack(terms: plain), noise: noise)
        let bias = random.bias(shape.channels), scales = random.scales(shape.channels, window: layout.taps * terms)
        let expected = TestBuffer(shape.outputElements, noise)
        let actual = TestBuffer(copying: expected)
        let scratch = TestBuffer(Int(kernelDepthwiseScratchBytes(Int32(layout.taps))), noise)
        let (zeroPoint, minimum, maximum) = random.outputRange()
        var slice = random.slice(pixels: shape.outputPixels, channels: shape.outputChannels, scratch: scratch.pointer)
        var task = DepthwiseTask(
            input: input.pointer, output: expected.pointer, weights: weights.pointer, bias: bias.pointer, scales: scales.pointer,
            batch: shape.batch, inputHeight: shape.height, inputWidth: shape.width, channels: shape.channels,
            inputPixelStride: shape.pixelStride, inputRingRows: ringRows, outputHeight: shape.outputHeight, outputWidth: shape.outputWidth,
            outputPixelStride: shape.outputPixelStride, kernelHeight: shape.kernelHeight, kernelWidth: shape.kernelWidth,
            strideY: shape.strideY, strideX: shape.strideX, dilationY: shape.dilationY, dilationX: shape.dilationX,
            padTop: shape.padTop, padLeft: shape.padLeft, tapRepeat: Int32(terms), inputZeroPoint: Int32(random.integer(-128, 127)),
            outputZeroPoint: zeroPoint, outputMinimum: minimum, outputMaximum: maximum)
        reference.depthwise(&task, &slice)
        task.output = actual.pointer
        table.depthwise(&task, &slice)
        compare(actual, expected,
            "depthwise \(index) (\(shape.description), ring \(ringRows), terms \(terms), pixels \(slice.firstPixel)..<\(slice.endPixel), "
                + "channels \(slice.firstChannel)..<\(slice.endChannel))")
    }

    mutating func floatDepthwiseCase(_ index: Int) {
        let shape = random.shape(depthwise: true)
        let layout = DepthwiseLayout(channels: Int(shape.channels), kernelHeight: Int(shape.kernelHeight),
                                     kernelWidth: Int(shape.kernelWidth))
        let noise = random.floats()
        let input = TestBuffer(shape.inputElements, random.floats())
        var plain: [Float] = []
        for _ in 0..<layout.taps * layout.channels { plain.append(random.unit()) }
        let weights = TestBuffer(layout.pack(plain), noise: noise)
        let bias = TestBuffer(paddedChannels(layout.channels), random.floats())
        let expected = TestBuffer(shape.outputElements, noise)
        let actual = TestBuffer(copying: expected)
        let scratch = TestBuffer(Int(kernelDepthwiseScratchBytes(Int32(layout.taps))), random.bytes(-128, 127))
        let clamps = random.oneIn(2)
        var slice = random.slice(pixels: shape.outputPixels, channels: shape.outputChannels, scratch: scratch.pointer)
        var task = FloatDepthwiseTask(
            input: input.pointer, output: expected.pointer, weights: weights.pointer, bias: bias.pointer,
            batch: shape.batch, inputHeight: shape.height, inputWidth: shape.width, channels: shape.channels,
            inputPixelStride: shape.pixelStride, outputHeight: shape.outputHeight, outputWidth: shape.outputWidth,
            outputPixelStride: shape.outputPixelStride, kernelHeight: shape.kernelHeight, kernelWidth: shape.kernelWidth,
            strideY: shape.strideY, strideX: shape.strideX, dilationY: shape.dilationY, dilationX: shape.dilationX,
            padTop: shape.padTop, padLeft: shape.padLeft, outputMinimum: clamps ? 0 : -.infinity, outputMaximum: clamps ? 1 : .infinity)
        reference.floatDepthwise(&task, &slice)
        task.output = actual.pointer
        table.floatDepthwise(&task, &slice)
        compare(actual, expected, tolerance: 5e-5,
                "float depthwise \(index) (\(shape.description), pixels \(slice.firstPixel)..<\(slice.endPixel), channels "
                    + "\(slice.firstChannel)..<\(slice.endChannel))")
    }
}
