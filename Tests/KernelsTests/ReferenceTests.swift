import CKernels
import Testing
@testable import Kernels

/// The reference is what every family is compared with, so it is itself held against worked numbers and against a
/// convolution written from the textbook over unpacked weights.
@Suite struct ReferenceTests {
    @Test(arguments: [
        // accumulator, scale, zero point, minimum, maximum, expected
        (5, Float(0.5), 0, -128, 127, 2), (7, 0.5, 0, -128, 127, 4), (-5, 0.5, 0, -128, 127, -2), (-7, 0.5, 0, -128, 127, -4),
        (1, 0.5, 0, -128, 127, 0), (3, 0.5, 1, -128, 127, 3), (254, 0.5, 0, -128, 127, 127), (256, 0.5, 0, -128, 127, 127),
        (-258, 0.5, 0, -128, 127, -128), (100, 1, 100, -128, 127, 127), (-100, 1, -100, -128, 127, -128),
        (Int(Int32.max), 1e9, -5, -128, 127, 127), (Int(Int32.min), 1e9, 5, -128, 127, -128), (50, 1, 0, -10, 6, 6),
            (-50, 1, 0, -10, 6, -10),
    ])
    func requantizeRoundsTiesToEvenAndSaturates(_ c: (Int, Float, Int, Int, Int, Int)) {
        #expect(requantize(Int32(c.0), scale: c.1, zeroPoint: Int32(c.2), minimum: Int32(c.3), maximum: Int32(c.4)) == Int8(c.5))
    }

    @Test func quantizeOfSpecialValues() {
        let input: [Float] = [.nan, .infinity, -.infinity, 0.5, 1.5, 2.5, -0.5, -1.5, 3e38]
        var output = [Int8](repeating: 99, count: input.count)
        KernelTable.reference.quantize(input, &output, 1, 7, Int32(input.count))
        #expect(output == [7, 127, -128, 7, 9, 9, 7, 5, 127])
    }

    @Test func additionShiftsTowardsMinusInfinity() {
        let a: [Int8] = [1, -1, 127, -128], b: [Int8] = [0, 0, 127, -128]
        var output = [Int8](repeating: 0, count: 4)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                output.withUnsafeMutableBufferPointer { output in
                    var task = AddTask(
                        a: a.baseAddress, b: b.baseAddress, output: output.baseAddress, pixels: 1, channels: 4, strideA: 4, strideB: 4,
                        outputPixelStride: 4, multiplierA: 1, multiplierB: 1, bias: 0, shift: 1, outputZeroPoint: 0, outputMinimum: -100,
                            outputMaximum: 100)
                    KernelTable.reference.add(&task, 0, 1)
                }
            }
        }
        #expect(output == [0, -1, 100, -100])
    }

    /// Padded 3x3 of a 5x4 image with 3 channels to 5 channels, stride 2: both ways of reading windows, packed by
    /// ConvolutionLayout, against direct loops over OHWI weights with real values (quantised minus zero point).
    @Test(arguments: [false, true])
    func convolutionAgreesWithTextbook(runPerRow: Bool) {
        var random = CaseRandom(seed: 7)
        let input = (0..<5 * 4 * 3).map { _ in Int8(random.integer(-128, 127)) }
        let weights = (0..<5 * 9 * 3).map { _ in Int8(random.integer(-127, 127)) }
        let bias = (0..<5).map { _ in Int32(random.integer(-900, 900)) }
        let inputZeroPoint = 9, scale: Float = 0.002
        var expected = [Int8](repeating: 0, count: 3 * 2 * 5)
        for oy in 0..<3 {
            for ox in 0..<2 {
                for o in 0..<5 {
                    var sum = Int(bias[o])
                    for ky in 0..<3 {
                        for kx in 0..<3 {
                            let y = oy * 2 + ky - 1, x = ox * 2 + kx - 1
                            guard (0..<5).contains(y), (0..<4).contains(x) else { continue }
                            for c in 0..<3 {
                                sum += (Int(input[(y * 4 + x) * 3 + c]) - inputZeroPoint) * Int(weights[((o * 3 + ky) * 3 + kx) * 3 + c])
                            }
                        }
                    }
                    let q = (Float(sum) * scale).rounded(.toNearestOrEven) - 3
                    expected[(oy * 2 + ox) * 5 + o] = Int8(max(-128, min(127, q)))
                }
            }
        }
        let layout = ConvolutionLayout(outputChannels: 5, kernelHeight: 3, kernelWidth: 3, inputChannels: 3, runPerRow: runPerRow)
        let packed = layout.pack(weights)
        #expect(packed.count == layout.packedBytes())
        let sums = (0..<5).map { o in weights[o * 27..<(o + 1) * 27].reduce(Int32(0)) { $0 + Int32($1) } }
        let folded = foldedBias(bias, weightSums: sums, inputZeroPoint: Int32(inputZeroPoint))
        let scales = [Float](repeating: scale, count: 16)
        var output = [Int8](repeating: 0, count: expected.count)
        input.withUnsafeBufferPointer { input in
            packed.withUnsafeBufferPointer { packed in
                folded.withUnsafeBufferPointer { folded in
                    scales.withUnsafeBufferPointer { scales in
                        output.withUnsafeMutableBufferPointer { output in
                            var task = ConvolutionTask(
                                input: input.baseAddress, output: output.baseAddress, weights: packed.baseAddress, bias: folded.baseAddress,
                                scales: scales.baseAddress, batch: 1, inputHeight: 5, inputWidth: 4, inputChannels: 3, inputPixelStride: 3,
                                outputHeight: 3, outputWidth: 2, outputChannels: 5, outputPixelStride: 5, kernelHeight: 3, kernelWidth: 3,
                                strideY: 2, strideX: 2, dilationY: 1, dilationX: 1, padTop: 1, padLeft: 1, runPerRow: runPerRow ? 1 : 0,
                                runCount: Int32(layout.runCount), runLength: Int32(layout.runLength), runRepeat: 1,
                                inputZeroPoint: Int32(inputZeroPoint), outputZeroPoint: -3, outputMinimum: -128, outputMaximum: 127)
                            var slice = KernelSlice(firstPixel: 0, endPixel: 6, firstChannel: 0, endChannel: 5, scratch: nil)
                            KernelTable.reference.convolution(&task, &slice)
                        }
                    }
                }
            }
        }
        #expect(output == expected)
    }
}
