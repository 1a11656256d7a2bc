import CKernels

/// A random convolution geometry, small enough for the reference on a slow processor.
struct TestShape {
    var batch: Int32 = 1
    var height: Int32 = 1, width: Int32 = 1, channels: Int32 = 1, pixelStride: Int32 = 1
    var outputHeight: Int32 = 1, outputWidth: Int32 = 1, outputChannels: Int32 = 1, outputPixelStride: Int32 = 1
    var kernelHeight: Int32 = 1, kernelWidth: Int32 = 1
    var strideY: Int32 = 1, strideX: Int32 = 1, dilationY: Int32 = 1, dilationX: Int32 = 1
    var padTop: Int32 = 0, padLeft: Int32 = 0
    var runPerRow = false

    var outputPixels: Int { Int(batch * outputHeight * outputWidth) }
    var inputElements: Int { Int(batch * height * width * pixelStride) }
    /// Elements up to the last pixel's last channel: a slice of a wider tensor ends there.
    var outputElements: Int { (outputPixels - 1) * Int(outputPixelStride) + Int(outputChannels) }

    var description: String {
        "\(batch)x\(height)x\(width)x\(channels)/\(pixelStride) to \(outputHeight)x\(outputWidth)x\(outputChannels)/\(outputPixelStride), "
            + "kernel \(kernelHeight)x\(kernelWidth), stride \(strideY)x\(strideX), dilation \(dilationY)x\(dilationX), padding \(padTop) "
                + "\(padLeft)\(runPerRow ? ", rows" : "")"
    }
}

extension CaseRandom {
    mutating func channelCount() -> Int32 {
        switch integer(0, 3) {
        case 0: Int32(integer(1, 20))
        case 1: Int32(integer(1, 8) * 16)
        default: Int32(integer(1, 130))
        }
    }

    /// One side of the geometry: input, kernel, stride, dilation, padding before, output.
    private mutating func side(_ kernel: Int) -> (Int32, Int32, Int32, Int32, Int32, Int32) {
        let stride = oneIn(3) ? integer(1, 3) : 1
        let dilation = oneIn(4) ? (oneIn(6) ? integer(8, 24) : integer(2, 3)) : 1
        let reach = dilation * (kernel - 1) + 1
        let before = integer(0, reach - 1), after = integer(0, reach - 1)
        let input = Swift.max(oneIn(10) ? integer(30, 90) : integer(1, 14), reach - before - after)
        let output = (input + before + after - reach) / stride + 1
        return (Int32(input), Int32(kernel), Int32(stride), Int32(dilation), Int32(before), Int32(output))
    }

    mutating func shape(depthwise: Bool) -> TestShape {
        while true {
            var shape = TestShape()
            let square = oneIn(2) ? [1, 3, 5][integer(0, 2)] : 0
            let y = side(square > 0 ? square : integer(1, 7)), x = side(square > 0 ? square : integer(1, 7))
            (shape.height, shape.kernelHeight, shape.strideY, shape.dilationY, shape.padTop, shape.outputHeight) = y
            (shape.width, shape.kernelWidth, shape.strideX, shape.dilationX, shape.padLeft, shape.outputWidth) = x
            shape.batch = Int32(integer(1, 2))
            shape.channels = channelCount()
            shape.outputChannels = depthwise ? shape.channels : channelCount()
            shape.pixelStride = shape.channels + (oneIn(3) ? Int32(integer(1, 40)) : 0)
            shape.outputPixelStride = shape.outputChannels + (oneIn(3) ? Int32(integer(1, 40)) : 0)
            shape.runPerRow = shape.dilationX == 1 && shape.pixelStride == shape.channels && oneIn(2)
            let window = Int(shape.kernelHeight * shape.kernelWidth) * (depthwise ? 1 : Int(shape.channels))
            if shape.outputPixels * Int(shape.outputChannels) * window <= 400_000 { return shape }
        }
    }

    /// The whole task half of the time, else a part of its pixels and channels.
    mutating func slice(pixels: Int, channels: Int32, scratch: UnsafeMutableRawPointer) -> KernelSlice {
        var slice = KernelSlice(firstPixel: 0, endPixel: Int32(pixels), firstChannel: 0, endChannel: channels, scratch: scratch)
        if oneIn(2) {
            slice.firstPixel = Int32(integer(0, pixels - 1))
            slice.endPixel = Int32(integer(Int(slice.firstPixel) + 1, pixels))
        }
        if oneIn(3) {
            let blocks = Int(channels + 15) / 16
            let first = integer(0, blocks - 1)
            slice.firstChannel = Int32(first * 16)
            slice.endChannel = Swift.min(Int32(integer(first + 1, blocks) * 16), channels)
        }
        return slice
    }

    /// Ordinary values, or nothing but extremes: what overflows intermediate sums.
    mutating func bytes(_ low: Int, _ high: Int) -> () -> Int8 {
        var source = CaseRandom(seed: next())
        if oneIn(5) { return { source.oneIn(8) ? Int8(high) : Int8(low) } }
        return { Int8(source.integer(low, high)) }
    }

    mutating func floats() -> () -> Float {
        var source = CaseRandom(seed: next())
        return { source.unit() }
    }

    /// Bias, one a channel, padded to 16.
    mutating func bias(_ channels: Int32) -> TestBuffer<Int32> {
        var source = CaseRandom(seed: next())
        return TestBuffer(paddedChannels(Int(channels))) { Int32(source.integer(-20_000, 20_000)) }
    }

    /// Scales that bring sums of `window` products into range; sometimes powers of two, whose results tie; seldom so
    /// large that everything saturates.
    mutating func scales(_ channels: Int32, window: Int) -> TestBuffer<Float> {
        var source = CaseRandom(seed: next())
        let kind = integer(0, 19)
        var root = 1
        while root * root < window { root += 1 }
        let typical = 40 / Float(5000 * root)
        return TestBuffer(paddedChannels(Int(channels))) {
            if kind == 0 { return 1e9 }
            if kind < 6 { return 1 / Float(1 << source.integer(1, 12)) }
            return typical * (1 + 0.9 * source.unit())
        }
    }

    /// Zero point, minimum and maximum of an output.
    mutating func outputRange() -> (Int32, Int32, Int32) {
        let zeroPoint = Int32(integer(-128, 127))
        if oneIn(2) { return (zeroPoint, -128, 127) }
        let low = integer(-128, 127)
        return (zeroPoint, Int32(low), Int32(integer(low, 127)))
    }
}
