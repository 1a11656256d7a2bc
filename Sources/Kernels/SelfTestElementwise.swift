import CKernels

extension SelfTest {
    mutating func addCase(_ index: Int) {
        let pixels = Int32(random.integer(1, 40)), channels = random.channelCount()
        let gap = random.oneIn(2)
        let strideA = channels + (gap ? Int32(random.integer(0, 20)) : 0), strideB = channels + (gap ? Int32(random.integer(0, 20)) : 0)
        let outputStride = channels + (gap ? Int32(random.integer(0, 20)) : 0)
        let noise = random.bytes(-128, 127)
        let a = TestBuffer(Int(pixels * strideA), random.bytes(-128, 127)), b = TestBuffer(Int(pixels * strideB), random.bytes(-128, 127))
        let expected = TestBuffer(Int((pixels - 1) * outputStride + channels), noise)
        let actual = TestBuffer(copying: expected)
        let (zeroPoint, minimum, maximum) = random.outputRange()
        let shift = Int32(random.integer(12, 21))
        let one = 1 << Int(shift)
        var task = AddTask(
            a: a.pointer, b: b.pointer, output: expected.pointer, pixels: pixels, channels: channels, strideA: strideA, strideB: strideB,
            outputPixelStride: outputStride, multiplierA: Int32(random.integer(-one, 2 * one)),
                multiplierB: Int32(random.integer(-one, 2 * one)),
            bias: Int32(random.integer(-100 * one, 100 * one)), shift: shift, outputZeroPoint: zeroPoint, outputMinimum: minimum,
                outputMaximum: maximum)
        let first = Int32(random.integer(0, Int(pixels) - 1)), end = Int32(random.integer(Int(first) + 1, Int(pixels)))
        reference.add(&task, first, end)
        task.output = actual.pointer
        table.add(&task, first, end)
        compare(actual, expected,
            "add \(index) (\(pixels) pixels, \(channels) channels, strides \(strideA) \(strideB) \(outputStride), pixels "
                + "\(first)..<\(end))")
    }

    mutating func elementwiseCase(_ index: Int) {
        let count = Int32(random.integer(1, 300))
        let noise = random.bytes(-128, 127)
        let input = TestBuffer(Int(count), noise), lookup = TestBuffer(256, noise)
        let expected = TestBuffer(Int(count), noise), actual = TestBuffer(copying: expected)
        reference.lookup(input.pointer, expected.pointer, lookup.pointer, count)
        table.lookup(input.pointer, actual.pointer, lookup.pointer, count)
        compare(actual, expected, "lookup \(index) (\(count) elements)")

        let zeroPoint = Int32(random.integer(-128, 127))
        let ties = random.oneIn(3)
        let values = TestBuffer(Int(count)) { quantizeInput(ties: ties) }
        reference.quantize(values.pointer, expected.pointer, ties ? 1 : 37.3, zeroPoint, count)
        table.quantize(values.pointer, actual.pointer, ties ? 1 : 37.3, zeroPoint, count)
        compare(actual, expected, "quantize \(index) (\(count) elements)")

        let expectedFloats = TestBuffer(Int(count), random.floats()), actualFloats = TestBuffer(copying: expectedFloats)
        reference.dequantize(input.pointer, expectedFloats.pointer, 0.037, zeroPoint, count)
        table.dequantize(input.pointer, actualFloats.pointer, 0.037, zeroPoint, count)
        compare(actualFloats, expectedFloats, tolerance: 0, "dequantize \(index) (\(count) elements)")

        channelSumsCase(index)
    }

    private mutating func quantizeInput(ties: Bool) -> Float {
        switch random.integer(0, 29) {
        case 0: .nan
        case 1: .infinity
        case 2: -.infinity
        case 3: 3e38
        case 4: -3e38
        default: ties ? Float(random.integer(-300, 300)) / 2 : 4 * random.unit()
        }
    }

    private mutating func channelSumsCase(_ index: Int) {
        let pixels = Int32(random.integer(1, 60)), channels = random.channelCount()
        let stride = channels + (random.oneIn(3) ? Int32(random.integer(1, 30)) : 0)
        let input = TestBuffer(Int(pixels * stride), random.bytes(-128, 127))
        var source = random
        let expected = TestBuffer<Int32>(Int(channels)) { Int32(source.integer(-9, 9)) }, actual = TestBuffer(copying: expected)
        reference.channelSums(input.pointer, expected.pointer, pixels, channels, stride)
        table.channelSums(input.pointer, actual.pointer, pixels, channels, stride)
        report.cases += 1
        for i in 0..<actual.capacity where actual[i] != expected[i] && report.mismatch == nil {
            report.mismatch = "\(table.name) channel sums \(index) (\(pixels) pixels, \(channels) channels, stride \(stride)): element "
                + "\(i) is \(actual[i]), expected \(expected[i])"
        }
    }
}
