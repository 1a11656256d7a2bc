import Foundation
@testable import ModelCompiler
import Nest
import Testing

/// Published int8 models against LiteRT: the vectors come from goldens/litert.py.
@Suite struct LowerLiteRTTests {
    static let models = ["tf2_mobilenet_v2_1.0_224_ptq", "kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8"]

    private func compiled(_ path: String, fuses: Bool, pairs: Int? = nil) throws -> RawRunner {
        let graph = try Importer.load(path: path)
        let nest = try Compilation.compile(graph, CompilationOptions(name: "model", fuses: fuses, pairMinimumBytes: pairs))
        return try RawRunner(try NestReader(bytes: NestWriter.bytes(nest.contents)))
    }

    private func generated(_ count: Int, seed: UInt32) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
    }

    @Test(arguments: models) func answersAreLiteRTs(_ name: String) throws {
        guard let path = EvaluationData.path("tflite/\(name).tflite") else { return }
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("golden/litert/\(name).bin")
        let expected = [UInt8](try Data(contentsOf: golden))
        for (fuses, pairs) in [(true, nil), (false, nil), (true, 1)] as [(Bool, Int?)] {
            let runner = try compiled(path, fuses: fuses, pairs: pairs)
            let inputs = runner.model.input(0).count, outputs = runner.model.output(0).count
            #expect(expected.count == 4 * outputs)
            for seed in 1...4 {
                let answer = try runner.run([generated(inputs, seed: UInt32(seed))])[0]
                #expect(answer == Array(expected[(seed - 1) * outputs..<seed * outputs]),
                        "run \(seed), fused \(fuses), pairs \(pairs != nil)")
            }
        }
    }

    @Test func keywordsAreRecognised() throws {
        guard let model = EvaluationData.path("tflite/kws_ref_model.tflite"),
              let archive = EvaluationData.path("tflite/kws01_1000_features.tgz") else {
            return
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keywords-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "-xzf", archive, "-C", folder.path]
        try tar.run()
        tar.waitUntilExit()
        let runner = try compiled(model, fuses: true)
        var right = 0, total = 0
        for line in try String(contentsOf: folder.appendingPathComponent("kws01/y_labels.csv"), encoding: .utf8).split(separator: "\n") {
            let cells = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            let scores = try runner.run([[UInt8](try Data(contentsOf: folder.appendingPathComponent("kws01/\(cells[0])")))])[0].map {
                Int8(bitPattern: $0)
            }
            if scores.firstIndex(of: scores.max()!) == Int(cells[2]) { right += 1 }
            total += 1
        }
        #expect(total == 1000)
        #expect(right == 902)
    }
}
