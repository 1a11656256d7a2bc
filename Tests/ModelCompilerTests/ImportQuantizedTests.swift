import Foundation
@testable import ModelCompiler
import Nest
import Testing

/// A network made int8 by ONNX Runtime's quantiser (goldens/onnx-quantized.py): imported as the int8 graph that it says, and its
/// answers within a step of ONNX Runtime's.
@Suite struct ImportQuantizedTests {
    struct Golden: Decodable {
        var step: Float
        var runs: [ModelCase.Contents]
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../golden/onnx-quantized").standardized

    @Test(arguments: ["uint8", "int8-channels"]) func answersAreWithinAStep(_ name: String) throws {
        let path = Self.folder.appendingPathComponent(name).path
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(fileURLWithPath: path + ".json")))
        var graph = try Importer.load(path: path + ".onnx")
        try Compilation.prepare(&graph)
        let real = graph.nodes.filter { graph.tensors[$0.outputs[0]].type == .float32 }
        // All but the conversion of the answer.
        #expect(real.map(\.operation.title) == ["quantize"])
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
}
