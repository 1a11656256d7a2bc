import Foundation
import Testing
import ModelCompiler
import Nest
import Platform

/// Published models, run by the plain interpreter and compared with ONNX Runtime.
@Suite struct ImportONNXTests {
    @Test func yoloxNano() throws {
        guard let path = SourceModels.path("yolox-nano.onnx") else { return }
        let graph = try Importer.load(path: path)
        let count = Dictionary(grouping: graph.nodes, by: \.operation.title).mapValues(\.count)
        #expect(count["convolution"] == 83 && count["depthwise convolution"] == 30)
        #expect(count["silu"] == 104 && count["sigmoid"] == 6 && count["max pool"] == 3 && count["resize"] == 2)
        #expect(count["slice"] == nil, "the stem's slices are part of the first convolution")
        #expect(count["transpose"] == nil)
        #expect(graph.tensors[graph.inputs[0]].shape == [1, 416, 416, 3])
        #expect(graph.tensors[graph.outputs[0]].shape == [1, 3549, 85])
        #expect(graph.metadata["detect.decoder"] == "yolox" && graph.metadata["image.order"] == "bgr")
        #expect(graph.metadata["labels"]?.split(separator: "\n").count == 80)
        let results = GraphInterpreter(graph: graph).run([ImportGolden.pattern(height: 416, width: 416)])
        try ImportGolden("yolox-nano").expect(results, tolerance: 1e-3)
    }

    @Test func riann() throws {
        guard let path = SourceModels.path("riann.onnx") else { return }
        let graph = try Importer.load(path: path, options: ImportOptions(dimensions: ["sequence": 2]))
        let results = GraphInterpreter(graph: graph).run([ImportGolden.wave(14), ImportGolden.wave(400)])
        try ImportGolden("riann").expect(results, tolerance: 1e-4)
    }

    @Test func voiceActivityOverSequences() throws {
        guard let path = SourceModels.path("silero_vad_16k_sequence.onnx") else { return }
        let graph = try Importer.load(path: path), state = ImportGolden.wave(256)
        let results = GraphInterpreter(graph: graph).run([ImportGolden.wave(576), Array(state[..<128]), Array(state[128...])])
        try ImportGolden("silero-sequence").expect(results, tolerance: 1e-3)
    }

    @Test func voiceActivityWithBranches() throws {
        guard let path = SourceModels.path("silero_vad_16k_op15.onnx") else { return }
        let options = ImportOptions(dimensions: ["sequence": 576], constants: ["sr": 16000])
        let graph = try Importer.load(path: path, options: options)
        let results = GraphInterpreter(graph: graph).run([ImportGolden.wave(576), ImportGolden.wave(256)])
        try ImportGolden("silero-op15").expect(results, tolerance: 1e-3)
    }
}
