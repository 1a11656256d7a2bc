import Engine
import Kernels
import Nest
import Platform
import TestSupport
import Testing

/// A convolution whose channels go through tables of their own.
struct ChannelTableTests {
    private struct Case {
        var plain: PlainConvolution
        var weights: [Int8], bias: [Int32], scales: [Float], table: [Int8], choices: [UInt16]
        var tables: Int { table.count / 256 }

        init(_ random: inout Random, depthwise: Bool, tables: Int) {
            plain = PlainConvolution.random(&random, depthwise: depthwise)
            weights = random.bytes(plain.outputChannels * plain.window, -127...127)
            bias = random.int32s(plain.outputChannels, -2000...2000)
            scales = random.floats(plain.outputChannels, 0.0005...0.01)
            table = random.bytes(256 * tables)
            choices = []
            for _ in 0..<plain.outputChannels { choices.append(UInt16(random.int(0...tables - 1))) }
            plain.attributes.resultScale = 0.05
            plain.attributes.lookupScale = 0.04
            plain.attributes.lookupZeroPoint = 3
        }

        func model(_ residual: Bool, kernels: KernelTable, threads: Int) throws -> (Model, elements: Int) {
            var plain = plain
            let builder = NestBuilder()
            let x = builder.tensor(.int8, [plain.batch, plain.height, plain.width, plain.channels], scale: 0.1,
                                   zeroPoint: plain.inputZeroPoint)
            let shape = [plain.batch, plain.outputHeight, plain.outputWidth, plain.outputChannels]
            let other = builder.tensor(.int8, shape, scale: 0.03, zeroPoint: -7)
            let wide = builder.tensor(.int8, Array(shape[0..<3]) + [plain.outputChannels + 5], scale: 0.06, zeroPoint: 11)
            let y = builder.slice(wide, channels: 2..<2 + plain.outputChannels)
            var blob = plain.blob(weights, bias: bias, scales: scales, lookup: table)
            plain.attributes.lookupTables = Int32(tables)
            plain.attributes.lookupChoiceOffset = blob.add(choices)
            builder.emit(plain.isDepthwise ? .depthwiseConvolution : .convolution, residual ? [x, other] : [x], [y],
                         plain.attributes.words, blob: blob)
            return (try builder.model(inputs: [x, other], outputs: [y], threads: threads, kernels: kernels), shape.reduce(1, *))
        }
    }

    @Test(arguments: [false, true])
    func eachChannelGoesThroughItsTable(depthwise: Bool) throws {
        var random = Random(depthwise ? 12 : 11)
        for round in 0..<20 {
            let test = Case(&random, depthwise: depthwise, tables: 2 + round % 5), plain = test.plain
            let input = random.bytes(plain.batch * plain.height * plain.width * plain.channels)
            let residual = random.bytes(plain.batch * plain.outputHeight * plain.outputWidth * plain.outputChannels)
            var expected = plain.int8(input, test.weights, bias: test.bias, scales: test.scales).enumerated().map { index, value in
                test.table[Int(test.choices[index % plain.outputChannels]) * 256 + Int(value) + 128]
            }
            let withResidual = round % 2 == 0
            if withResidual { expected = zip(expected, residual).map { plainAddition($0, 0.04, 3, $1, 0.03, -7, 0.06, 11, -128, 127) } }
            for kernels in ConvolutionTests.tables {
                let (model, elements) = try test.model(withResidual, kernels: kernels, threads: 1 + round % 3)
                model.set(0, input)
                model.set(1, residual)
                try model.run()
                let all = model.get(0, as: Int8.self), stride = Int(model.outputRecord(0).pixelStride)
                let got = (0..<elements).map { all[$0 / plain.outputChannels * stride + $0 % plain.outputChannels] }
                #expect(got == expected, "round \(round), \(kernels.name), \(plain)")
            }
        }
    }

    @Test func aTableThatIsNotThereIsRefused() throws {
        var random = Random(13)
        var test = Case(&random, depthwise: false, tables: 3)
        test.choices[test.choices.count - 1] = 3
        #expect(throws: Failure.self) {
            let (model, _) = try test.model(false, kernels: ConvolutionTests.tables[0], threads: 1)
            try model.run()
        }
    }
}
