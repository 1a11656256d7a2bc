import Foundation
@testable import ModelCompiler
import Nest
import Testing

/// Tiny quantised models through import, lowering and engine against LiteRT: goldens/operator-models.py makes both
/// the models and the answers.
@Suite struct LowerOperatorTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../golden/operators").standardized
    static let runs = 4
    static let models = (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.filter { $0.hasSuffix(".tflite") }.map {
        String($0.dropLast(7)) }.sorted() ?? []

    /// The largest difference is a step in these and none in the others: roundings of fixed-point multipliers there and
    /// floating-point ones here.
    static let aStepApart: Set = [
        "add-constant", "hard-swish", "legacy-add-constant", "legacy-average-pool", "legacy-average-pool-relu6", "legacy-concatenate",
        "legacy-concatenate-rows", "legacy-hard-swish",
        "legacy-multiply", "prelu",
    ]

    @Test func modelsAreThere() { #expect(Self.models.count == 144) }

    @Test(arguments: models.filter { !$0.hasPrefix("detection") }) func answersAreLiteRTs(_ name: String) throws {
        let expected = [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(name + ".bin")))
        var worst = 0
        let runner = try Self.runner(name)
        let count = runner.model.output(0).count
        try #require(expected.count == Self.runs * count)
        let flip: UInt8 = name.hasPrefix("legacy-") ? 0x80 : 0
        for run in 0..<Self.runs {
            let answer = try Self.answer(runner, run: run)[0].map { Int(Int8(bitPattern: $0 ^ flip)) }
            let wanted = expected[run * count..<(run + 1) * count].map { Int(Int8(bitPattern: $0 ^ flip)) }
            worst = max(worst, zip(answer, wanted).map { abs($0 - $1) }.max() ?? 0)
            #expect(answer.firstIndex(of: answer.max()!) == wanted.firstIndex(of: wanted.max()!), "run \(run)")
        }
        #expect(worst == (Self.aStepApart.contains(name) ? 1 : 0))
    }

    static func runner(_ name: String) throws -> RawRunner {
        let graph = try Importer.load(path: folder.appendingPathComponent(name + ".tflite").path)
        let nest = try Compilation.compile(graph, CompilationOptions(name: name))
        return try RawRunner(try NestReader(bytes: NestWriter.bytes(nest.contents)))
    }

    static func answer(_ runner: RawRunner, run: Int) throws -> [[UInt8]] {
        var state = UInt32(run + 1)
        return try runner.run((0..<runner.model.inputCount).map { index in
            (0..<runner.model.input(index).count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(state >> 24)
            }
        })
    }
}

/// The end of SSD models: boxes, classes, scores and their number, of the fast and the regular suppression.
@Suite struct LowerDetectionTests {
    @Test(arguments: [("detection-fast", 1), ("detection-regular", 1), ("detection-several", 2), ("detection-none", 1),
                      ("detection-regular-none", 1)])
    func answersAreLiteRTs(_ name: String, classesPerBox: Int) throws {
        let bytes = [UInt8](try Data(contentsOf: LowerOperatorTests.folder.appendingPathComponent(name + ".bin")))
        let expected = bytes.elements(of: Float.self)
        let runner = try LowerOperatorTests.runner(name)
        let sizes = (0..<4).map { runner.model.output($0).count / 4 }
        let total = sizes.reduce(0, +)
        try #require(expected.count == LowerOperatorTests.runs * total)
        var found = 0, worst: Float = 0
        for run in 0..<LowerOperatorTests.runs {
            let answer = try LowerOperatorTests.answer(runner, run: run).map { $0.elements(of: Float.self) }
            var start = run * total
            let wanted = sizes.map { size -> [Float] in
                defer { start += size }
                return Array(expected[start..<start + size])
            }
            // LiteRT counts boxes, the engine detections: a box has one for each class that is asked for.
            let count = Int(wanted[3][0]) * classesPerBox
            try #require(answer[3] == [Float(count)])
            found += count
            // Behind the last detection another runtime leaves what was there.
            #expect(answer[1].prefix(count) == wanted[1].prefix(count))
            #expect(answer[2].prefix(count) == wanted[2].prefix(count))
            worst = max(worst, zip(answer[0].prefix(4 * count), wanted[0]).map { abs($0 - $1) }.max() ?? 0)
        }
        #expect((found == 0) == name.hasSuffix("none"))
        #expect(worst < 1e-6)
    }
}
