import Foundation
@testable import ModelCompiler
import Nest
import Testing

/// ONNX models of one operator each through import, lowering and engine against ONNX Runtime: goldens/onnx-operators.py
/// makes the models and the answers.
@Suite struct ImportOperatorTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../golden/onnx-operators").standardized
    static let models = (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.filter { $0.hasSuffix(".onnx") }.sorted() ?? []

    @Test func modelsAreThere() { #expect(Self.models.count == 77) }

    @Test(arguments: models.filter { $0 != "stream.onnx" }) func answersAreONNXRuntimes(_ name: String) throws {
        try ModelCase(name, in: Self.folder).expect()
    }

    /// A state and the older part of an input, both kept by the program.
    @Test func aStreamKeepsItsState() throws {
        let path = Self.folder.appendingPathComponent("stream.onnx").path
        let answers = try Data(contentsOf: Self.folder.appendingPathComponent("stream.json"))
        let runs = try JSONDecoder().decode([ModelCase.Contents].self, from: answers)
        let options = ImportOptions(states: ["s": "s_next"], contexts: ["x": 2])
        let nest = try ModelCase.compiled(Importer.load(path: path, options: options))
        let runner = try RawRunner(NestReader(bytes: NestWriter.bytes(nest.contents)))
        let model = try ModelCase("stream.onnx", reading: runs[0], in: Self.folder)
        #expect(runner.model.inputCount == 1 && runner.model.outputCount == 1)
        for _ in 0..<2 {
            for run in runs { try model.expect(runner, run) }
            runner.model.reset()
        }
    }

    @Test(arguments: [(["t": "s_next"], [:], "no input 't'"), (["s": "z"], [:], "no output 'z'"), (["s": "y"], ["x": 6], "can't keep 6"),
                      (["x": "y"], [:], "can't be 'x'")] as [([String: String], [String: Int], String)])
    func impossibleStatesAreRefused(_ states: [String: String], _ contexts: [String: Int], _ message: String) {
        let path = Self.folder.appendingPathComponent("stream.onnx").path
        #expect { try Importer.load(path: path, options: ImportOptions(states: states, contexts: contexts)) } throws: {
            "\($0)".contains(message)
        }
    }
}
