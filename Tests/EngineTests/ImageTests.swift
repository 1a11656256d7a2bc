import Engine
import Foundation
import Kernels
import Nest
import TestSupport
import Testing

struct ImageTests {
    @Test func poolsOverOddWindows() throws {
        var random = Random(21)
        for round in 0..<60 {
            let batch = random.int(1...2), height = random.int(1...9), width = random.int(1...9), channels = random.int(1...20)
            var a = PoolAttributes()
            a.kernelHeight = Int32(random.int(1...min(3, height)))
            a.kernelWidth = Int32(random.int(1...min(4, width)))
            a.strideY = Int32(random.int(1...3))
            a.strideX = Int32(random.int(1...3))
            a.padTop = Int32(random.int(0...Int(a.kernelHeight) - 1))
            a.padLeft = Int32(random.int(0...Int(a.kernelWidth) - 1))
            a.countPadding = Int32(round % 2)
            a.outputMaximum = 120
            let oh = (height + Int(a.padTop) - 1) / Int(a.strideY) + 1, ow = (width + Int(a.padLeft) - 1) / Int(a.strideX) + 1
            let from = [batch, height, width, channels], to = [batch, oh, ow, channels]
            let builder = NestBuilder()
            let x = builder.tensor(.int8, from, scale: 0.1, zeroPoint: 6), fx = builder.tensor(.float32, from)
            let outs = [builder.tensor(.int8, to, scale: 0.1, zeroPoint: 6), builder.tensor(.int8, to, scale: 0.1, zeroPoint: 6),
                        builder.tensor(.float32, to), builder.tensor(.float32, to)]
            builder.emit(.averagePool, [x], [outs[0]], a.words)
            builder.emit(.maxPool, [x], [outs[1]], a.words)
            builder.emit(.averagePool, [fx], [outs[2]], a.words)
            builder.emit(.maxPool, [fx], [outs[3]], a.words)
            let model = try builder.model(inputs: [x, fx], outputs: outs, threads: 2)
            let bytes = random.bytes(from.reduce(1, *)), floats = random.floats(from.reduce(1, *))
            model.set(0, bytes)
            model.set(1, floats)
            try model.run()
            for i in 0..<to.reduce(1, *) {
                let c = i % channels, ox = i / channels % ow, oy = i / channels / ow % oh, b = i / channels / ow / oh
                var inside: [Int] = []
                for ky in 0..<Int(a.kernelHeight) { for kx in 0..<Int(a.kernelWidth) {
                    let y = oy * Int(a.strideY) - Int(a.padTop) + ky, x = ox * Int(a.strideX) - Int(a.padLeft) + kx
                    if y >= 0, y < height, x >= 0, x < width { inside.append(((b * height + y) * width + x) * channels + c) }
                } }
                let padded = a.countPadding == 1 ? Int(a.kernelHeight * a.kernelWidth) - inside.count : 0
                let divisor = inside.count + padded
                let mean = (Double(inside.reduce(0) { $0 + Int(bytes[$1]) }) + Double(padded * 6)) / Double(divisor)
                #expect(Int(model.get(0, as: Int8.self)[i]) == min(Int(mean.rounded(.toNearestOrAwayFromZero)), 120))
                #expect(model.get(1, as: Int8.self)[i] == min(inside.map { bytes[$0] }.max()!, 120))
                #expect(abs(model.get(2, as: Float.self)[i] - inside.reduce(0) { $0 + floats[$1] } / Float(divisor)) < 1e-5)
                #expect(model.get(3, as: Float.self)[i] == inside.map { floats[$0] }.max()!)
            }
        }
    }

    @Test func globalAverage() throws {
        var random = Random(22)
        for kernels in ConvolutionTests.tables {
            for shape in [[1, 7, 7, 1280], [2, 3, 5, 37], [1, 1, 1, 3]] {
                let builder = NestBuilder()
                let x = builder.tensor(.int8, shape, scale: 0.1, zeroPoint: -5),
                    y = builder.tensor(.int8, [shape[0], 1, 1, shape[3]], scale: 0.03, zeroPoint: 7)
                let fx = builder.tensor(.float32, shape), fy = builder.tensor(.float32, [shape[0], 1, 1, shape[3]])
                builder.emit(.globalAverage, [x], [y], PoolAttributes().words)
                builder.emit(.globalAverage, [fx], [fy], PoolAttributes().words)
                let model = try builder.model(inputs: [x, fx], outputs: [y, fy], threads: 3, kernels: kernels)
                let bytes = random.bytes(shape.reduce(1, *)), floats = random.floats(shape.reduce(1, *)), pixels = shape[1] * shape[2]
                model.set(0, bytes)
                model.set(1, floats)
                try model.run()
                for i in 0..<shape[0] * shape[3] {
                    let elements = (0..<pixels).map { (i / shape[3] * pixels + $0) * shape[3] + i % shape[3] }
                    let mean = Double(elements.reduce(0) { $0 + Int(bytes[$1]) + 5 }) * 0.1 / 0.03 / Double(pixels)
                    #expect(abs(Double(model.get(0, as: Int8.self)[i]) - min(max(mean + 7, -128), 127)) <= 0.501)
                    #expect(abs(model.get(1, as: Float.self)[i] - elements.reduce(0) { $0 + floats[$1] } / Float(pixels)) < 1e-5)
                }
            }
        }
    }

    /// Padding, slicing with negative steps, transposing and concatenating are all one instruction.
    @Test func strided() throws {
        var random = Random(23)
        for type in [ElementType.int8, .int16, .float32] {
            let builder = NestBuilder()
            let x = builder.tensor(type, [2, 3, 4, 5]), y = builder.tensor(type, [2, 7, 6, 20])
            var a = CopyAttributes()
            // Rows and columns swapped, channels reversed, into the middle of a filled output.
            a.sourceOffset = 4
            a.sourceStrides = [60, 5, 20, -1]
            a.extent = [2, 4, 3, 5]
            a.outputStart = [0, 2, 1, 6]
            a.fill = type.size == 2 ? 0 : 1
            a.fillValue = -3
            builder.emit(.copy, [x], [y], a.words)
            let model = try builder.model(inputs: [x], outputs: [y], threads: 2)
            let input = random.bytes(120 * type.size)
            model.set(0, input)
            try model.run()
            let got = model.get(0, as: Int8.self), size = type.size
            for b in 0..<2 { for r in 0..<7 { for p in 0..<6 { for c in 0..<20 {
                let at = (((b * 7 + r) * 6 + p) * 20 + c) * size
                var expected = [Int8](repeating: a.fill == 0 ? 0 : -1, count: size)
                if a.fill != 0 { expected[0] = -3 }
                if (2..<6).contains(r), (1..<4).contains(p), (6..<11).contains(c) {
                    let from = (4 + b * 60 + (r - 2) * 5 + (p - 1) * 20 - (c - 6)) * size
                    expected = Array(input[from..<from + size])
                }
                #expect(Array(got[at..<at + size]) == expected)
            } } } }
        }
    }

    @Test(arguments: [ResizeMode.nearest, .bilinear], [(0, 0), (1, 0), (0, 1)])
    func resize(mode: ResizeMode, corners: (Int, Int)) throws {
        var random = Random(24)
        for (from, to) in [((3, 4), (6, 8)), ((5, 7), (3, 2)), ((1, 1), (4, 3)), ((4, 4), (1, 1)), ((13, 13), (26, 26))] {
            let channels = 5
            let builder = NestBuilder()
            let x = builder.tensor(.int8, [2, from.0, from.1, channels], scale: 0.1),
                y = builder.tensor(.int8, [2, to.0, to.1, channels], scale: 0.1)
            let fx = builder.tensor(.float32, [2, from.0, from.1, channels]), fy = builder.tensor(.float32, [2, to.0, to.1, channels])
            var a = ResizeAttributes(mode: mode)
            a.alignCorners = Int32(corners.0)
            a.halfPixelCentres = Int32(corners.1)
            builder.emit(.resize, [x], [y], a.words)
            builder.emit(.resize, [fx], [fy], a.words)
            let model = try builder.model(inputs: [x, fx], outputs: [y, fy], threads: 2)
            let bytes = random.bytes(2 * from.0 * from.1 * channels)
            model.set(0, bytes)
            model.set(1, bytes.map { Float($0) })
            try model.run()
            func coordinate(_ o: Int, _ from: Int, _ to: Int) -> Double {
                if corners.0 == 1 { return to == 1 ? 0 : Double(o * (from - 1)) / Double(to - 1) }
                let scale = Double(from) / Double(to)
                return corners.1 == 1 ? (Double(o) + 0.5) * scale - (mode == .bilinear ? 0.5 : 0) : Double(o) * scale
            }
            let floats = model.get(1, as: Float.self), quantised = model.get(0, as: Int8.self)
            for i in 0..<floats.count {
                let c = i % channels, ox = i / channels % to.1, oy = i / channels / to.1 % to.0, b = i / channels / to.1 / to.0
                func pixel(_ y: Int, _ x: Int) -> Double {
                    Double(bytes[((b * from.0 + min(max(y, 0), from.0 - 1)) * from.1 + min(max(x, 0), from.1 - 1)) * channels + c])
                }
                let sy = coordinate(oy, from.0, to.0), sx = coordinate(ox, from.1, to.1)
                if mode == .nearest {
                    let expected = corners.0 == 1 ? pixel(Int(sy.rounded()), Int(sx.rounded()))
                        : pixel(Int(sy.rounded(.down)), Int(sx.rounded(.down)))
                    #expect(Double(floats[i]) == expected)
                    #expect(Double(quantised[i]) == expected)
                } else {
                    let cy = max(sy, 0), cx = max(sx, 0), y0 = Int(cy), x0 = Int(cx), fy = cy - Double(y0), fx = cx - Double(x0)
                    let expected = (pixel(y0, x0) * (1 - fx) + pixel(y0, x0 + 1) * fx) * (1 - fy)
                        + (pixel(y0 + 1, x0) * (1 - fx) + pixel(y0 + 1, x0 + 1) * fx) * fy
                    #expect(abs(Double(floats[i]) - expected) < 1e-3)
                    // int8: the fractions have 11 bits, as XNNPACK's have.
                    let qy = (fy * 2048).rounded() / 2048, qx = (fx * 2048).rounded() / 2048
                    let top = pixel(y0, x0) * (1 - qx) + pixel(y0, x0 + 1) * qx
                    let bottom = pixel(y0 + 1, x0) * (1 - qx) + pixel(y0 + 1, x0 + 1) * qx
                    #expect(abs(Double(quantised[i]) - (top * (1 - qy) + bottom * qy)) <= 0.501)
                }
            }
        }
    }
}
