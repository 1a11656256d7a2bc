import Foundation
@testable import ModelCompiler
import Nest
import Platform
import TestSupport
import Testing

/// Networks made int8 by ONNX Runtime's quantiser (goldens/onnx-quantized.py), in both of its formats: imported as the int8 graph
/// that they say, and their answers within a step of ONNX Runtime's.
@Suite struct ImportQuantizedTests {
    struct Golden: Decodable {
        var step: Float
        var runs: [ModelCase.Contents]
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../golden/onnx-quantized").standardized

    @Test(arguments: ["uint8", "int8-channels", "operators-uint8", "operators-int8-channels", "operators-joined"])
    func answersAreWithinAStep(_ name: String) throws {
        let path = Self.folder.appendingPathComponent(name).path
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(fileURLWithPath: path + ".json")))
        var graph = try Importer.load(path: path + ".onnx")
        try Compilation.prepare(&graph)
        let real = graph.nodes.filter { graph.tensors[$0.outputs[0]].type == .float32 }
        // All but the conversion of the answer, and an average whose sides have scales of their own.
        #expect(real.map(\.operation.title) == (name == "operators-joined" ? ["quantize", "average pool", "quantize"] : ["quantize"]))
        let nest = try ModelCase.compiled(Importer.load(path: path + ".onnx"))
        let runner = try RawRunner(NestReader(bytes: NestWriter.bytes(nest.contents)))
        let model = try ModelCase(name + ".onnx", reading: golden.runs[0], in: Self.folder)
        var same = 0, total = 0
        for run in golden.runs {
            let answer = try runner.run(model.bytes(ofInputs: run))[0].elements(of: Float.self)
            let wanted = try #require(run.expected)[0].values.map { Float($0) }
            try #require(answer.count == wanted.count && golden.step > 0)
            for (value, right) in zip(answer, wanted) {
                #expect(abs(value - right) < 1.01 * golden.step)
                same += abs(value - right) < 0.01 * golden.step ? 1 : 0
                total += 1
            }
        }
        #expect(same * 10 >= total * 8, "equal answers are rarer than rounding explains")
    }

    @Test(arguments: ["operators-joined", "operators-uint8", "dynamic-channels"]) func damagedFiles(_ name: String) throws {
        let original = [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(name + ".onnx")))
        var random = Random(7), refused = 0
        for _ in 0..<600 {
            do { _ = try Importer.load(bytes: ImportMutationTests.mutated(original, &random)) } catch is Failure { refused += 1 }
        }
        #expect(refused > 60)
    }

    /// Weights as integers, activations as they are: the answers of the float network with the same weights.
    @Test(arguments: ["dynamic", "dynamic-channels"]) func activationsStayReal(_ name: String) throws {
        let path = Self.folder.appendingPathComponent(name).path
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(fileURLWithPath: path + ".json")))
        let nest = try ModelCase.compiled(Importer.load(path: path + ".onnx"))
        let runner = try RawRunner(NestReader(bytes: NestWriter.bytes(nest.contents)))
        for run in golden.runs { try ModelCase(name + ".onnx", reading: run, in: Self.folder).expect(runner, run) }
    }
}
