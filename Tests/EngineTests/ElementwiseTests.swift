import Engine
import Foundation
import Kernels
import Nest
import TestSupport
import Testing

struct ElementwiseTests {
    private func round(_ x: Float, _ zero: Int32) -> Int8 { Int8(min(max(x.rounded(.toNearestOrEven) + Float(zero), -128), 127)) }

    @Test func int8AdditionIsXNNPACKs() throws {
        var random = Random(11)
        for _ in 0..<50 {
            let shape = [random.int(1...2), random.int(1...7), random.int(1...7), random.int(1...40)], count = shape.reduce(1, *)
            let scales = random.floats(3, 0.01...0.2), zeros = random.int32s(3, -30...30)
            let builder = NestBuilder()
            let a = builder.tensor(.int8, shape, scale: scales[0], zeroPoint: zeros[0]),
                b = builder.tensor(.int8, shape, scale: scales[1], zeroPoint: zeros[1])
            let y = builder.tensor(.int8, shape, scale: scales[2], zeroPoint: zeros[2])
            builder.emit(.binary, [a, b], [y], BinaryAttributes(function: .add).words)
            let p = random.bytes(count), q = random.bytes(count)
            let expected = zip(p, q).map { plainAddition($0, scales[0], zeros[0], $1, scales[1], zeros[1], scales[2], zeros[2], -128, 127) }
            for kernels in ConvolutionTests.tables {
                let model = try builder.model(inputs: [a, b], outputs: [y], threads: 2, kernels: kernels)
                model.set(0, p)
                model.set(1, q)
                try model.run()
                #expect(model.get(0, as: Int8.self) == expected, "\(kernels.name)")
            }
        }
    }

    @Test(arguments: [BinaryFunction.add, .subtract, .multiply, .divide, .maximum, .minimum, .squaredDifference, .prelu, .less,
                      .lessOrEqual, .equal])
    func binaryWithRepeatedSecondOperand(function: BinaryFunction) throws {
        let f: (Float, Float) -> Float = switch function {
        case .add: { $0 + $1 }
        case .subtract: { $0 - $1 }
        case .multiply: { $0 * $1 }
        case .divide: { $0 / $1 }
        case .maximum: { max($0, $1) }
        case .minimum: { min($0, $1) }
        case .squaredDifference: { ($0 - $1) * ($0 - $1) }
        case .prelu: { $0 < 0 ? $0 * $1 : $0 }
        case .power: { pow($0, $1) }
        case .less: { $0 < $1 ? 1 : 0 }
        case .lessOrEqual: { $0 <= $1 ? 1 : 0 }
        case .equal: { $0 == $1 ? 1 : 0 }
        }
        var random = Random(12)
        for other in [[2, 3, 5, 7], [2, 1, 1, 7], [1, 1, 1, 7], [1, 1, 1, 1]] {
            let shape = [2, 3, 5, 7], count = 210
            func index(_ i: Int) -> Int {
                let channel = other[3] == 1 ? 0 : i % 7
                return other[1] == 3 ? i : (other[0] == 1 ? 0 : i / 105) * other[3] + channel
            }
            let p = random.floats(count, -4...4), q = random.floats(other.reduce(1, *), 0.5...3)
            let builder = NestBuilder()
            let a = builder.tensor(.float32, shape), b = builder.tensor(.float32, other), y = builder.tensor(.float32, shape)
            var attributes = BinaryAttributes(function: function)
            attributes.floatMaximum = 3
            builder.emit(.binary, [a, b], [y], attributes.words)
            let model = try builder.model(inputs: [a, b], outputs: [y], threads: 2)
            model.set(0, p)
            model.set(1, q)
            try model.run()
            #expect(model.get(0, as: Float.self) == (0..<count).map { min(f(p[$0], q[index($0)]), 3) })

            let bytesBuilder = NestBuilder()
            let ia = bytesBuilder.tensor(.int8, shape, scale: 0.03, zeroPoint: 2),
                ib = bytesBuilder.tensor(.int8, other, scale: 0.02, zeroPoint: -90)
            let iy = bytesBuilder.tensor(.int8, shape, scale: 0.04, zeroPoint: 5)
            bytesBuilder.emit(.binary, [ia, ib], [iy], BinaryAttributes(function: function).words)
            let ip = random.bytes(count), iq = random.bytes(other.reduce(1, *))
            let bytes = try bytesBuilder.model(inputs: [ia, ib], outputs: [iy], threads: 2)
            bytes.set(0, ip)
            bytes.set(1, iq)
            try bytes.run()
            for (i, got) in bytes.get(0, as: Int8.self).enumerated() {
                let value = f(Float(Int(ip[i]) - 2) * 0.03, Float(Int(iq[index(i)]) + 90) * 0.02) / 0.04
                if value.isFinite { #expect(abs(Int(got) - Int(round(value, 5))) <= 1) }
            }
        }
    }

    @Test func everyUnaryFunction() throws {
        let functions: [(UnaryFunction, (Double) -> Double)] = [
            (.relu, { max($0, 0) }), (.relu6, { min(max($0, 0), 6) }), (.sigmoid, { 1 / (1 + Foundation.exp(-$0)) }),
                (.silu, { $0 / (1 + Foundation.exp(-$0)) }),
            (.tanh, { Foundation.tanh($0) }), (.hardSwish, { $0 * min(max($0 + 3, 0), 6) / 6 }),
                (.hardSigmoid, { min(max(0.2 * $0 + 0.5, 0), 1) }),
            (.exponential, { Foundation.exp($0) }), (.clip, { min(max($0, 0.2), 0.5) }), (.leakyRelu, { $0 < 0 ? 0.2 * $0 : $0 }),
            (.logarithm, { Foundation.log($0) }), (.squareRoot, { $0.squareRoot() }), (.absolute, { abs($0) }), (.negate, { -$0 }),
            (.gelu, { 0.5 * $0 * (1 + Foundation.erf($0 / 2.0.squareRoot())) }),
        ]
        var random = Random(13)
        let input = random.floats(3 * 5 * 11, -8...8)
        for (function, f) in functions {
            let builder = NestBuilder()
            let x = builder.tensor(.float32, [1, 3, 5, 11]), y = builder.tensor(.float32, [1, 3, 5, 11])
            builder.emit(.unary, [x], [y], UnaryAttributes(function: function, alpha: 0.2, beta: 0.5).words)
            let model = try builder.model(inputs: [x], outputs: [y], threads: 2)
            model.set(0, input)
            try model.run()
            for (value, got) in zip(input, model.get(0, as: Float.self)) {
                let expected = f(Double(value))
                #expect(expected.isNaN ? got.isNaN : abs(Double(got) - expected) < 1e-5 * max(1, abs(expected)), "\(function) of \(value)")
            }
        }
    }

    @Test func lookupAndConversions() throws {
        var random = Random(14)
        let table = random.bytes(256)
        let shape = [2, 3, 5, 19], count = 570, input = random.bytes(count)
        for kernels in ConvolutionTests.tables {
            let builder = NestBuilder()
            let x = builder.tensor(.int8, shape, scale: 0.05, zeroPoint: 4)
            let looked = builder.tensor(.int8, shape, scale: 0.05, zeroPoint: 4),
                other = builder.tensor(.int8, shape, scale: 0.03, zeroPoint: -9)
            let real = builder.tensor(.float32, shape), again = builder.tensor(.int8, shape, scale: 0.07, zeroPoint: 1)
            var blob = Blob()
            blob.add(table)
            builder.emit(.lookup, [x], [looked], blob: blob)
            builder.emit(.convert, [looked], [other])
            builder.emit(.convert, [looked], [real])
            builder.emit(.convert, [real], [again])
            let model = try builder.model(inputs: [x], outputs: [looked, other, real, again], threads: 2, kernels: kernels)
            model.set(0, input)
            try model.run()
            let expected = input.map { table[Int($0) + 128] }
            #expect(model.get(0, as: Int8.self) == expected)
            #expect(model.get(1, as: Int8.self) == expected.map { round(Float(Int($0) - 4) * 0.05 / 0.03, -9) })
            let reals = expected.map { Float(Int($0) - 4) * 0.05 }
            #expect(model.get(2, as: Float.self) == reals)
            #expect(model.get(3, as: Int8.self) == reals.map { round($0 * (1 / 0.07), 1) })
        }
    }

    @Test func softmax() throws {
        var random = Random(15)
        for channels in [1, 2, 10, 91, 1001] {
            let builder = NestBuilder()
            let x = builder.tensor(.int8, [1, 1, 3, channels], scale: 0.08, zeroPoint: 20),
                y = builder.tensor(.int8, [1, 1, 3, channels], scale: 1 / 256, zeroPoint: -128)
            let fx = builder.tensor(.float32, [1, 1, 3, channels]), fy = builder.tensor(.float32, [1, 1, 3, channels])
            builder.emit(.softmax, [x], [y], SoftmaxAttributes(beta: 1).words)
            builder.emit(.softmax, [fx], [fy], SoftmaxAttributes(beta: 0.5).words)
            let model = try builder.model(inputs: [x, fx], outputs: [y, fy])
            let input = random.bytes(3 * channels), floats = random.floats(3 * channels, -20...20)
            model.set(0, input)
            model.set(1, floats)
            try model.run()
            func expected(_ values: [Double]) -> [Double] {
                let most = values.max()!, powers = values.map { Foundation.exp($0 - most) }, sum = powers.reduce(0, +)
                return powers.map { $0 / sum }
            }
            for row in 0..<3 {
                let range = row * channels..<(row + 1) * channels
                for (got, want) in zip(model.get(0, as: Int8.self)[range],
                                       expected(input[range].map { Double($0) * Double(Float(0.08)) })) {
                    #expect(abs(Double(got) + 128 - min(want * 256, 255)) <= 0.501)
                }
                for (got, want) in zip(model.get(1, as: Float.self)[range], expected(floats[range].map { Double($0) * 0.5 })) {
                    #expect(abs(Double(got) - want) < 1e-5)
                }
            }
        }
    }
}
