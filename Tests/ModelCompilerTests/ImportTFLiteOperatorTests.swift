import Foundation
@testable import ModelCompiler
import Nest
import Platform
import TestSupport
import Testing

/// TFLite models of one operator each through import, lowering and engine against LiteRT, run after run so that what is kept
/// between runs counts: goldens/tflite-operators.py makes the models and the answers.
@Suite struct ImportTFLiteOperatorTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../golden/tflite-operators").standardized
    static let models = (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.filter { $0.hasSuffix(".tflite") }.sorted()
        ?? []

    @Test func modelsAreThere() { #expect(Self.models.count == 23) }

    @Test(arguments: models) func answersAreLiteRTs(_ name: String) throws {
        let answers = Self.folder.appendingPathComponent(name).deletingPathExtension().appendingPathExtension("json")
        let runs = try JSONDecoder().decode([ModelCase.Contents].self, from: Data(contentsOf: answers))
        let nest = try ModelCase.compiled(Importer.load(path: Self.folder.appendingPathComponent(name).path))
        let runner = try RawRunner(NestReader(bytes: NestWriter.bytes(nest.contents)))
        let model = try ModelCase(name, reading: runs[0], in: Self.folder)
        for _ in 0..<2 {
            for run in runs { try model.expect(runner, run, steps: name.hasPrefix("svdf-int8") ? 1 : 0) }
            runner.model.reset()
        }
    }

    /// Each gives an error or a graph, none a crash, a hang or memory without bound.
    @Test(arguments: models) func damagedFiles(_ name: String) throws {
        let original = [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(name)))
        var random = Random(UInt64(original.count)), refused = 0
        for _ in 0..<600 {
            do { _ = try Importer.load(bytes: ImportMutationTests.mutated(original, &random)) } catch is Failure { refused += 1 }
        }
        #expect(refused > 60)
    }
}
