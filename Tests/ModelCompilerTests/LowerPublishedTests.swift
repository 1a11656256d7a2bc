import Foundation
@testable import ModelCompiler
import Nest
import Testing

/// Published ONNX models with recurrent layers, compiled and run by the engine, against ONNX Runtime
/// (goldens/published-models.py).
@Suite struct LowerPublishedTests {
    /// Runs a model as many times as wanted on parts of one signal, every result of index 1 and up going back into the
    /// input of the same index; the first states are `state`.
    private func answers(_ file: String, _ options: ImportOptions, input: [Float], state: [[Float]], runs: Int = 1,
                         isInt8: Bool = false) throws -> [Values]? {
        guard let path = SourceModels.path(file) else { return nil }
        var graph = try Importer.load(path: path, options: options)
        if isInt8 { #expect(RecurrentWeights.quantize(&graph) == 2) }
        let shapes = graph.outputs.map { graph.tensors[$0].shape }
        let nest = try Compilation.compile(graph, CompilationOptions(name: "model"))
        let runner = try RawRunner(try NestReader(bytes: NestWriter.bytes(nest.contents)))
        let length = input.count / runs
        var results: [[Float]] = [[]] + state
        for run in 0..<runs {
            let inputs = [Array(input[run * length..<(run + 1) * length])] + results[1...]
            results = try runner.run(inputs.map(\.littleEndianBytes)).map { $0.elements(of: Float.self) }
        }
        return zip(shapes, results).map { Values($0, $1) }
    }

    /// Within 2e-5 of the other runtime. Probabilities are up to 1, states up to 8.
    private func expect(_ results: [Values], _ golden: String, within bound: Float = 2e-5) throws {
        let outputs = try ImportGolden(golden).outputs
        #expect(results.map(\.shape) == outputs.map(\.shape))
        for (result, output) in zip(results, outputs) {
            let worst = zip(output.indices, output.values).map { abs(result.data[$0] - $1) }.max() ?? .infinity
            #expect(worst < bound, "\(worst): an output of shape \(output.shape)")
        }
    }

    @Test(arguments: [1, 40]) func riann(runs: Int) throws {
        guard let results = try answers("riann.onnx", ImportOptions(dimensions: ["sequence": 2]), input: ImportGolden.wave(14 * runs),
                                        state: [ImportGolden.wave(400)], runs: runs) else { return }
        try expect(results, runs == 1 ? "riann" : "riann-\(runs)")
    }

    /// int8 weights; the first state is no state that the network would have, and larger than any.
    @Test(arguments: [1, 40]) func riannInt8(runs: Int) throws {
        guard let results = try answers("riann.onnx", ImportOptions(dimensions: ["sequence": 2]), input: ImportGolden.wave(14 * runs),
                                        state: [ImportGolden.wave(400)], runs: runs, isInt8: true) else { return }
        try expect(results, runs == 1 ? "riann" : "riann-\(runs)", within: 0.05)
    }

    @Test(arguments: [1, 40]) func voiceActivityOverSequences(runs: Int) throws {
        let state = ImportGolden.wave(256)
        guard let results = try answers("silero_vad_16k_sequence.onnx", ImportOptions(), input: ImportGolden.wave(576 * runs),
                                        state: [Array(state[..<128]), Array(state[128...])], runs: runs) else { return }
        try expect(results, runs == 1 ? "silero-sequence" : "silero-sequence-\(runs)")
    }

    @Test(arguments: [1, 40]) func voiceActivityWithBranches(runs: Int) throws {
        let options = ImportOptions(dimensions: ["sequence": 576], constants: ["sr": 16000])
        guard let results = try answers("silero_vad_16k_op15.onnx", options, input: ImportGolden.wave(576 * runs),
                                        state: [ImportGolden.wave(256)], runs: runs) else { return }
        try expect(results, runs == 1 ? "silero-op15" : "silero-op15-\(runs)")
    }
}
