import Engine
import Foundation
import Kernels
import Nest
import TestSupport
import Testing

struct ConvolutionTests {
    /// Every table that this machine can run.
    static var tables: [KernelTable] { KernelTable.all(for: .detect()) }

    @Test(arguments: [false, true])
    func int8WithTailAgainstPlainArithmetic(depthwise: Bool) throws {
        var random = Random(depthwise ? 2 : 1)
        for round in 0..<60 {
            var plain = PlainConvolution.random(&random, depthwise: depthwise)
            let weights = random.bytes(plain.outputChannels * plain.window, -127...127)
            let bias = random.int32s(plain.outputChannels, -2000...2000)
            let scales = random.floats(plain.outputChannels, 0.0005...0.01)
            let table = random.bool() ? random.bytes(256) : nil
            let withResidual = random.bool()
            plain.attributes.resultScale = 0.05
            plain.attributes.lookupScale = 0.04
            plain.attributes.lookupZeroPoint = 3
            plain.attributes.residualMinimum = -110

            let builder = NestBuilder()
            let x = builder.tensor(.int8, [plain.batch, plain.height, plain.width, plain.channels], scale: 0.1,
                                   zeroPoint: plain.inputZeroPoint)
            let shape = [plain.batch, plain.outputHeight, plain.outputWidth, plain.outputChannels]
            let other = builder.tensor(.int8, shape, scale: 0.03, zeroPoint: -7)
            // Now and then the output is a slice of a wider tensor.
            let offset = round % 3 == 0 ? 5 : 0
            let wide = builder.tensor(.int8, Array(shape[0..<3]) + [plain.outputChannels + offset * 2], scale: 0.06, zeroPoint: 11)
            let y = builder.slice(wide, channels: offset..<offset + plain.outputChannels)
            let blob = plain.blob(weights, bias: bias, scales: scales, lookup: table)
            builder.emit(depthwise ? .depthwiseConvolution : .convolution, withResidual ? [x, other] : [x], [y], plain.attributes.words,
                         blob: blob)

            let input = random.bytes(plain.batch * plain.height * plain.width * plain.channels), residual = random.bytes(shape.reduce(1, *))
            var expected = plain.int8(input, weights, bias: bias, scales: scales)
            if let table { expected = expected.map { table[Int($0) + 128] } }
            if withResidual {
                let scale: Float = table == nil ? 0.05 : 0.04, zero: Int32 = table == nil ? plain.attributes.resultZeroPoint : 3
                expected = zip(expected, residual).map { plainAddition($0, scale, zero, $1, 0.03, -7, 0.06, 11, -110, 127) }
            }
            for kernels in ConvolutionTests.tables {
                for threads in [1, 3] {
                    let model = try builder.model(inputs: [x, other], outputs: [y], threads: threads, kernels: kernels)
                    model.set(0, input)
                    model.set(1, residual)
                    try model.run()
                    let all = model.get(0, as: Int8.self), stride = Int(model.outputRecord(0).pixelStride)
                    let got = (0..<expected.count).map { all[$0 / plain.outputChannels * stride + $0 % plain.outputChannels] }
                    #expect(got == expected, "round \(round), \(kernels.name), \(threads) threads, \(plain)")
                }
            }
        }
    }

    @Test(arguments: [false, true])
    func float32WithTailAgainstPlainArithmetic(depthwise: Bool) throws {
        var random = Random(depthwise ? 4 : 3)
        for round in 0..<30 {
            var plain = PlainConvolution.random(&random, depthwise: depthwise)
            let weights = random.floats(plain.outputChannels * plain.window), bias = random.floats(plain.outputChannels)
            plain.attributes.floatMinimum = -0.75
            plain.attributes.floatMaximum = 1.5
            plain.attributes.floatFunction = round % 2 == 0 ? UnaryFunction.silu.rawValue : 0
            let builder = NestBuilder()
            let x = builder.tensor(.float32, [plain.batch, plain.height, plain.width, plain.channels])
            let shape = [plain.batch, plain.outputHeight, plain.outputWidth, plain.outputChannels]
            let other = builder.tensor(.float32, shape), y = builder.tensor(.float32, shape)
            let withResidual = random.bool()
            let blob = plain.blob(weights, bias: bias)
            builder.emit(depthwise ? .depthwiseConvolution : .convolution, withResidual ? [x, other] : [x], [y], plain.attributes.words,
                         blob: blob)
            let input = random.floats(plain.batch * plain.height * plain.width * plain.channels),
                residual = random.floats(shape.reduce(1, *))
            var expected = plain.float32(input, weights, bias: bias)
            if round % 2 == 0 { expected = expected.map { $0 / (1 + exp(-$0)) } }
            expected = expected.map { min(max($0, -0.75), 1.5) }
            if withResidual { expected = zip(expected, residual).map { $0 + $1 } }
            for kernels in ConvolutionTests.tables {
                var single: [Float] = []
                for threads in [1, 3] {
                    let model = try builder.model(inputs: [x, other], outputs: [y], threads: threads, kernels: kernels)
                    model.set(0, input)
                    model.set(1, residual)
                    try model.run()
                    let got = model.get(0, as: Float.self)
                    if threads == 1 { single = got }
                    #expect(got == single, "\(threads) threads give other bits, \(kernels.name)")
                    #expect(zip(got, expected).allSatisfy { abs($0 - $1) < 1e-3 }, "round \(round), \(kernels.name)")
                }
            }
        }
    }

    /// The fused pair must give exactly what its two halves give one after the other.
    @Test func pairOfPointwiseAndDepthwise() throws {
        var random = Random(5)
        for round in 0..<40 {
            var depthwise = PlainConvolution.random(&random, depthwise: true)
            depthwise.attributes.resultScale = 0.1
            var pointwise = PlainConvolution()
            pointwise.batch = depthwise.batch
            pointwise.height = depthwise.height
            pointwise.width = depthwise.width
            pointwise.channels = random.int(1...20)
            pointwise.outputChannels = depthwise.channels
            pointwise.inputZeroPoint = 9
            pointwise.attributes.resultZeroPoint = -4
            let table = round % 2 == 0 ? random.bytes(256) : nil, secondTable = round % 3 == 0 ? random.bytes(256) : nil
            depthwise.inputZeroPoint = table == nil ? -4 : 6
            pointwise.attributes.lookupZeroPoint = 6

            let w1 = random.bytes(pointwise.outputChannels * pointwise.window, -127...127),
                w2 = random.bytes(depthwise.channels * depthwise.window, -127...127)
            let b1 = random.int32s(pointwise.outputChannels, -500...500), b2 = random.int32s(depthwise.channels, -500...500)
            let s1 = random.floats(pointwise.outputChannels, 0.001...0.01), s2 = random.floats(depthwise.channels, 0.001...0.01)
            let builder = NestBuilder()
            let x = builder.tensor(.int8, [pointwise.batch, pointwise.height, pointwise.width, pointwise.channels], scale: 0.1,
                                   zeroPoint: 9)
            let y = builder.tensor(.int8, [depthwise.batch, depthwise.outputHeight, depthwise.outputWidth, depthwise.channels], scale: 0.1)
            var pair = PairAttributes()
            var blob = Blob()
            pointwise.append(&blob, w1, bias: b1, scales: s1, lookup: table)
            pair.depthwiseWeightsOffset = depthwise.append(&blob, w2, bias: b2, scales: s2, lookup: secondTable)
            pair.pointwise = pointwise.attributes
            pair.depthwise = depthwise.attributes
            pair.middleChannels = Int32(depthwise.channels)
            pair.ringRows = (pair.depthwise.kernelHeight - 1) * pair.depthwise.dilationY + 1 + Int32(random.int(0...3))
            builder.emit(.pointwiseDepthwise, [x], [y], pair.words, blob: blob)

            let input = random.bytes(pointwise.batch * pointwise.height * pointwise.width * pointwise.channels)
            var middle = pointwise.int8(input, w1, bias: b1, scales: s1)
            if let table { middle = middle.map { table[Int($0) + 128] } }
            var expected = depthwise.int8(middle, w2, bias: b2, scales: s2)
            if let secondTable { expected = expected.map { secondTable[Int($0) + 128] } }
            for kernels in ConvolutionTests.tables {
                for threads in [1, 2, 3] {
                    let model = try builder.model(inputs: [x], outputs: [y], threads: threads, kernels: kernels)
                    model.set(0, input)
                    try model.run()
                    #expect(model.get(0, as: Int8.self) == expected, "round \(round), \(kernels.name), \(threads) threads")
                }
            }
        }
    }
}

/// XNNPACK's fixed-point addition written out with 64-bit integers.
func plainAddition(_ a: Int8, _ scaleA: Float, _ zeroA: Int32, _ b: Int8, _ scaleB: Float, _ zeroB: Int32, _ scale: Float, _ zero: Int32,
                   _ low: Int64, _ high: Int64) -> Int8 {
    let ratioA = scaleA / scale, ratioB = scaleB / scale
    let shift = 20 - Int(max(ratioA, ratioB).exponent)
    let ma = Int64((Double(ratioA) * Double(1 << shift)).rounded(.toNearestOrEven)),
        mb = Int64((Double(ratioB) * Double(1 << shift)).rounded(.toNearestOrEven))
    let sum = (Int64(a) - Int64(zeroA)) * ma + (Int64(b) - Int64(zeroB)) * mb + (1 << (Int64(shift) - 1))
    return Int8(min(max((sum >> Int64(shift)) + Int64(zero), low), high))
}
