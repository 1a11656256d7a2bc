@testable import ModelCompiler
import Nest
import Platform
import Testing

@Suite struct QuantizeTests {
    private func histogram(_ values: [Float]) -> Histogram {
        var histogram = Histogram()
        histogram.add(values)
        return histogram
    }

    @Test func minimumAndMaximumHoldZero() {
        let (low, high) = CalibrationMethod.minimumMaximum.range(histogram([2, 3, 4]))
        #expect(low == 0)
        #expect(high == 4)
    }

    @Test func percentileCutsTails() {
        var values = (0..<10_000).map { Float($0) / 10_000 }
        values.append(1000)
        let (low, high) = CalibrationMethod.percentile(99.9).range(histogram(values))
        #expect(low <= 0)
        #expect(high < 2)
    }

    @Test func meanSquareErrorCutsFarOutliersOnly() {
        let dense = (0..<100_000).map { Float($0 % 1000) / 1000 }
        #expect(CalibrationMethod.meanSquareError.range(histogram(dense)).high > 0.95)
        // 100,000 values that a step of h/255 rounds (error h²/255²/12 each) against one that is cut at h:
        // the sum is least where 100,000 h / (12 * 255²) = 5 - h. A place of the search is 5/64 wide.
        let best: Float = 5 / (1 + 100_000 / (12 * 255 * 255))
        #expect(abs(CalibrationMethod.meanSquareError.range(histogram(dense + [5])).high - best) < 5.0 / 64)
    }

    @Test func zeroIsExact() {
        for (low, high) in [(-1, 3), (0, 6), (-2, 0), (0, 0), (-1e-3, 1e3)] as [(Float, Float)] {
            let quantization = asymmetricQuantization(low: low, high: high)
            #expect((-128...127).contains(quantization.zeroPoint))
            #expect(quantization.scale > 0)
        }
    }

    private func network() -> Graph {
        var network = TestNetwork(height: 12, width: 12, channels: 3)
        let pad = Padding(top: 1, left: 1, bottom: 1, right: 1)
        network.convolution(8, Window(kernel: (3, 3), stride: (2, 2), padding: pad))
        network.batchNormalization()
        network.append("relu6", .unary(.relu6, alpha: 0, beta: 0), shape: network.shape)
        let shortcut = network.last
        network.convolution(8)
        network.append("silu", .unary(.silu, alpha: 0, beta: 0), shape: network.shape)
        network.depthwise(Window(kernel: (3, 3), padding: pad))
        network.append("sum", .binary(.add, .none), [shortcut, network.last], shape: network.shape)
        network.append("pool", .maxPool(Window(kernel: (2, 2), stride: (2, 2)), .none), shape: [1, 3, 3, 8])
        network.append("mean", .mean(axes: [1, 2], keepDimensions: true), shape: [1, 1, 1, 8])
        network.convolution(5)
        return network.finished()
    }

    private func samples(_ count: Int, elements: Int) -> Samples {
        var numbers = Numbers(3)
        return .vectors((0..<count).map { _ in numbers.list(elements) })
    }

    @Test(arguments: [CalibrationMethod.minimumMaximum, .percentile(99.99), .meanSquareError])
    func int8StaysCloseToFloat(_ method: CalibrationMethod) throws {
        for fuses in [true, false] {
            var graph = network()
            try Compilation.prepare(&graph, fuses: fuses)
            let result = try PostTrainingQuantization.run(graph, samples: samples(16, elements: 432), method: method,
                                                          options: CompilationOptions(name: "q", fuses: fuses))
            #expect(!result.noise.isEmpty)
            // Unfused, the normalised tensor's range is that of the ReLU6 behind it: what that cuts off is no error.
            for layer in result.noise where layer.tensor != "norm" { #expect(layer.decibels > 15, "\(layer.tensor)") }
            let types = Set(result.int8.contents.programs[0].tensors.map(\.type))
            #expect(types == [.int8])
            if fuses { #expect(result.int8.contents.programs[0].instructions.count == 6) }
        }
    }

    @Test func weightsAreSymmetricPerChannel() throws {
        var graph = network()
        try Compilation.prepare(&graph)
        let calibration = try Calibration(graph, samples: samples(4, elements: 432), method: .minimumMaximum)
        let int8 = try quantize(graph, calibration).graph
        for node in int8.nodes where node.operation.isConvolution {
            let weights = int8.tensors[node.inputs[1]]
            #expect(weights.quantization!.zeroPoints.allSatisfy { $0 == 0 })
            #expect(weights.int8s!.allSatisfy { $0 >= -127 })
            #expect(weights.int8s!.contains { abs(Int($0)) == 127 })
            #expect(int8.tensors[node.inputs[2]].type == .int32)
        }
    }

    @Test func pooledValuesShareTheirInputsScale() throws {
        var graph = network()
        try Compilation.prepare(&graph)
        let int8 = try quantize(graph, try Calibration(graph, samples: samples(4, elements: 432), method: .meanSquareError)).graph
        for node in int8.nodes {
            if case .maxPool = node.operation {
                #expect(int8.tensors[node.inputs[0]].quantization == int8.tensors[node.outputs[0]].quantization)
            }
        }
    }

    @Test func joinedOutputsStayFloat() throws {
        var network = TestNetwork()
        let image = network.last
        let boxes = network.convolution(4, from: image)
        network.convolution(2, from: image)
        let scores = network.append("sigmoid", .unary(.sigmoid, alpha: 0, beta: 0), shape: [1, 8, 8, 2])
        network.append("join", .concatenate(axis: 3, .none), [boxes, scores], shape: [1, 8, 8, 6])
        var graph = network.finished()
        try Compilation.prepare(&graph)
        let result = try PostTrainingQuantization.run(graph, samples: samples(8, elements: 256), method: .minimumMaximum,
                                                      options: CompilationOptions(name: "head"))
        let program = result.int8.contents.programs[0]
        #expect(program.tensors[Int(program.outputs[0])].type == .float32)
        #expect(program.instructions.filter { $0.opcode == .convert }.count == 2)
        #expect(!program.instructions.contains { $0.opcode == .copy })
        #expect(program.tensors.contains { $0.type == .int8 && $0.scale == 1.0 / 256 })
    }

    @Test func pixelsAreQuantisedExactly() throws {
        var graph = network()
        graph.metadata["image.mean"] = "127,127,127"
        graph.metadata["image.deviation"] = "128,128,128"
        try Compilation.prepare(&graph)
        let calibration = try Calibration(graph, samples: samples(2, elements: 432), method: .minimumMaximum)
        #expect(calibration.quantizations[graph.inputs[0]] == Quantization(scale: 1.0 / 128, zeroPoint: -1))
    }

    @Test func emptyCalibrationIsRefused() throws {
        var graph = network()
        try Compilation.prepare(&graph)
        #expect(throws: Failure.self) { try Calibration(graph, samples: .vectors([]), method: .minimumMaximum) }
    }
}
