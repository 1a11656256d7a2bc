@testable import ModelCompiler
import Nest
import Platform
import Testing

@Suite struct EqualizationTests {
    /// A SiLU whose channels differ a thousandfold, read by a depthwise convolution that makes up for it, with a residual, a
    /// concatenation and a head behind it.
    private func network(spread: Float) -> Graph {
        var network = TestNetwork(height: 12, width: 12, channels: 3)
        let pad = Padding(top: 1, left: 1, bottom: 1, right: 1)
        network.convolution(8, Window(kernel: (3, 3), padding: pad))
        network.append("silu", .unary(.silu, alpha: 0, beta: 0), shape: network.shape)
        network.depthwise(Window(kernel: (3, 3), padding: pad))
        network.append("silu 2", .unary(.silu, alpha: 0, beta: 0), shape: network.shape)
        let shortcut = network.last
        network.convolution(8)
        network.append("silu 3", .unary(.silu, alpha: 0, beta: 0), shape: network.shape)
        network.append("sum", .binary(.add, .none), [shortcut, network.last], shape: network.shape)
        let sum = network.last
        network.convolution(4, from: sum)
        network.append("silu 4", .unary(.silu, alpha: 0, beta: 0), shape: [1, 12, 12, 4])
        network.append("join", .concatenate(axis: 3, .none), [sum, network.last], shape: [1, 12, 12, 12])
        network.convolution(5)
        var graph = network.finished()
        // Every second channel of the first convolution, and what reads it.
        let first = graph.nodes[0], second = graph.nodes[2]
        scale(&graph, first.inputs[1]) { $0 / 27 % 2 == 0 ? spread : 1 }
        if first.inputs.count > 2 { scale(&graph, first.inputs[2]) { $0 % 2 == 0 ? spread : 1 } }
        scale(&graph, second.inputs[1]) { $0 % 2 == 0 ? 1 / spread : 1 }
        return graph
    }

    private func scale(_ graph: inout Graph, _ tensor: TensorID, _ factor: (Int) -> Float) {
        guard tensor >= 0, let values = graph.tensors[tensor].floats else { return }
        graph.tensors[tensor].constant = values.enumerated().map { $1 * factor($0) }.littleEndianBytes
    }

    private func samples(_ count: Int) -> Samples {
        var numbers = Numbers(3)
        return .vectors((0..<count).map { _ in numbers.list(432) })
    }

    /// The signal-to-noise ratio of the last tensor in int8.
    private func decibels(_ source: Graph, equalizes: Bool, rounds: Bool) throws -> Double {
        var graph = source
        try Compilation.prepare(&graph)
        let calibration = try Calibration(graph, samples: samples(16), method: .minimumMaximum, equalizes: equalizes)
        #expect(calibration.codings.isEmpty != equalizes)
        let rounding = rounds ? try WeightRounding(graph, samples: samples(16), name: "q", progress: Progress()) : WeightRounding()
        var quantized = try quantize(graph, calibration, rounding)
        try correctBiases(&quantized, of: graph, samples: samples(16), name: "q", progress: Progress())
        let int8 = try Compilation.finish(quantized.graph, CompilationOptions(name: "q"))
        try int8.verify()
        let noise = try signalToNoise(float: try lower([graph], name: "q"), int8: int8, int8Graph: quantized.graph,
                                      floatTensors: quantized.floatTensors, samples: samples(16))
        return try #require(noise.last).decibels
    }

    @Test func channelsOfDifferentRangesKeepTheirPrecision() throws {
        let plain = try decibels(network(spread: 1000), equalizes: false, rounds: false)
        let equalized = try decibels(network(spread: 1000), equalizes: true, rounds: false)
        #expect(equalized > plain + 10)
        #expect(equalized > 25)
    }

    @Test func equalChannelsLoseNothing() throws {
        #expect(try decibels(network(spread: 1), equalizes: true, rounds: true) > 25)
    }

    @Test func channelsThatAreAddedOrJoinedShareTheirFactors() throws {
        var graph = network(spread: 100)
        try Compilation.prepare(&graph)
        let calibration = try Calibration(graph, samples: samples(8), method: .minimumMaximum, equalizes: true)
        for node in graph.nodes {
            let output = calibration.codings[node.outputs[0]]?.factors
            switch node.operation {
            case .binary: for input in node.inputs { #expect(calibration.codings[input]?.factors == output) }
            case .concatenate: #expect(node.inputs.flatMap { calibration.codings[$0]?.factors ?? [] } == output)
            default: continue
            }
            #expect(output != nil)
            for input in node.inputs { #expect(calibration.quantizations[input] == calibration.quantizations[node.outputs[0]]) }
        }
    }

    @Test func choleskyFactorOfAKnownMatrix() throws {
        // L = [[2, 0, 0], [6, 1, 0], [-8, 5, 3]], the textbook example.
        let factor = try #require(choleskyFactor([4, 12, -16, 12, 37, -43, -16, -43, 98], size: 3))
        for (index, expected) in [(0, 2.0), (3, 6), (4, 1), (6, -8), (7, 5), (8, 3)] { #expect(abs(factor[index] - expected) < 1e-12) }
        #expect(choleskyFactor([1, 2, 2, 1], size: 2) == nil)
    }

    @Test func roundingCancelsErrorsOfInputsThatGoTogether() throws {
        // Eight inputs that are one signal with a little noise: only the sum of the weights matters.
        var network = TestNetwork(height: 6, width: 6, channels: 8)
        network.convolution(4)
        var graph = network.finished()
        try Compilation.prepare(&graph)
        var numbers = Numbers(5)
        let pictures = (0..<8).map { _ -> [Float] in
            (0..<36).flatMap { _ -> [Float] in
                let signal = numbers.list(1)[0]
                return numbers.list(8).map { signal + 0.01 * $0 }
            }
        }
        let rounding = try WeightRounding(graph, samples: .vectors(pictures), name: "q", progress: Progress())
        let node = graph.nodes[0], weights = try #require(graph.floatValues(node.inputs[1]))
        // A coarse step, so that rounding is what matters.
        let scales = [Float](repeating: 0.2, count: 4)
        func error(_ rounding: WeightRounding) -> Float {
            let integers = rounding.integers(weights, scales: scales, channel: { $0 / 8 }, output: node.outputs[0], factors: nil)
            return (0..<4).reduce(0) { total, row in
                let sum = (0..<8).reduce(Float(0)) { $0 + weights[row * 8 + $1] - Float(integers[row * 8 + $1]) * 0.2 }
                return total + sum * sum
            }
        }
        #expect(error(rounding) < 0.25 * error(WeightRounding()))
        #expect(error(rounding) <= 4 * 0.1 * 0.1 * 1.1)
    }
}
