import Foundation
import Testing
import ModelCompiler
import Nest
import Platform

/// The tiny models of Tests/golden/import (goldens/import-models.py).
enum TinyModels {
    static let all = ["legacy-uint8.tflite", "detector.tflite", "unknown.tflite", "small.onnx", "unknown.onnx", "row.pth", "archive.pth",
                      "hostile.pth", "normalized.tflite"]

    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../golden/import")
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent(name).standardized))
    }
}

@Suite struct ImportTinyModelTests {
    /// Of TensorFlow Lite's metadata: a mean for all channels, a deviation for each.
    @Test func normalisationIsTheModels() throws {
        let graph = try Importer.load(bytes: TinyModels.bytes("normalized.tflite"))
        #expect(graph.metadata["image.mean"] == "127.5,127.5,127.5")
        #expect(graph.metadata["image.deviation"] == "64.0,65.0,66.0")
    }

    @Test func legacyUnsignedModel() throws {
        let graph = try Importer.load(bytes: TinyModels.bytes("legacy-uint8.tflite"))
        #expect(graph.nodes.map(\.operation.title) == ["convolution", "depthwise convolution", "average pool", "reshape", "fully connected",
                                                       "softmax"])
        let input = graph.tensors[graph.inputs[0]], weights = graph.tensors[graph.nodes[0].inputs[1]],
            output = graph.tensors[graph.outputs[0]]
        #expect(input.type == .int8 && input.quantization == Quantization(scale: 1 / 128, zeroPoint: -1))
        #expect(weights.type == .uint8 && weights.quantization?.zeroPoint == 131)
        #expect(output.type == .int8 && output.quantization == Quantization(scale: 1 / 256, zeroPoint: -128))
        #expect(graph.metadata["input.unsigned"] == "1" && graph.metadata["output.unsigned"] == "1")
        guard case .convolution(let window, let activation) = graph.nodes[0].operation, case .depthwiseConvolution(_, let multiplier, _) =
              graph.nodes[1].operation else {
            Issue.record("the first nodes are no convolutions")
            return
        }
        #expect(activation == .relu6 && window.padding == Padding(top: 0, left: 0, bottom: 1, right: 1) && multiplier == 2)
    }

    @Test func detectionPostprocess() throws {
        let graph = try Importer.load(bytes: TinyModels.bytes("detector.tflite"))
        guard let node = graph.nodes.last, case .detectionPostprocess(let attributes) = node.operation else {
            Issue.record("no detection")
            return
        }
        #expect(attributes.maximumDetections == 5 && attributes.classes == 2 && attributes.useRegularSuppression == 0)
        #expect(attributes.scoreThreshold == 0.25 && attributes.overlapThreshold == 0.5 && attributes.scaleY == 10
                && attributes.scaleWidth == 5)
        #expect(node.outputs.map { graph.tensors[$0].shape } == [[1, 5, 4], [1, 5], [1, 5], [1]])
        #expect(graph.tensors[node.inputs[2]].type == .float32)
    }

    @Test func smallNetworkMatchesAnotherRuntime() throws {
        let graph = try Importer.load(bytes: TinyModels.bytes("small.onnx"))
        try ImportGolden("small").expect(GraphInterpreter(graph: graph).run([ImportGolden.wave(189)]), tolerance: 1e-4)
    }

    @Test(arguments: [
        ("unknown.tflite", "2 operators are missing: MATRIX_DIAG (node 0 'first', 2 times), custom operator Mystery (node 2 'y')"),
        ("unknown.onnx", "2 operators are missing: Det (node 0 'first', 2 times), com.example.RotaryEmbedding (node 2 'turn')"),
        ("hostile.pth", "the Python object 'posix.system'"),
        ("row.pth", "these 2 tensors (_bn0.bias, _conv_stem.weight, …) are not EfficientNet-Lite"),
        ("archive.pth", "these 2 tensors (_bn0.bias, _conv_stem.weight, …) are not EfficientNet-Lite"),
    ]) func whatIsMissingIsNamed(_ file: String, _ message: String) throws {
        do {
            _ = try Importer.load(bytes: TinyModels.bytes(file))
            Issue.record("\(file) was imported")
        } catch let failure as Failure {
            #expect(failure.kind == .unsupported && failure.description.contains(message), "\(failure.description)")
        }
    }

    @Test func labelFiles() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (text, expected) in [("tench\ngoldfish\n", "tench\ngoldfish"),
                                 (#"{"1": "goldfish", "0": ["tench", "Tinca tinca"]}"#, "tench\ngoldfish"),
                                 (#"["tench", "gold\nfish"]"#, "tench\ngold fish"),
                                 (#"{"0": "tench", "7": "goldfish"}"#, nil), ("[1, 2]", nil), ("", nil)] {
            let file = folder.appendingPathComponent("labels")
            try Data(text.utf8).write(to: file)
            let bytes = try TinyModels.bytes("small.onnx")
            let graph = try? Importer.load(bytes: bytes, options: ImportOptions(labels: file.path))
            #expect(graph?.metadata["labels"] == expected)
        }
    }
}
