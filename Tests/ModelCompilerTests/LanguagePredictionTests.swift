import Engine
import Foundation
import Kernels
@testable import ModelCompiler
import Nest
import Platform
import Testing

/// SmolLM2 against llama.cpp's predictions (goldens/language-predictions.py made the golden file), where the model is there.
struct LanguagePredictionTests {
    private struct Golden {
        var tokens: [Int32] = []
        /// Position, the logarithm of the real next token's probability, the likeliest tokens and theirs.
        var rows: [(position: Int, next: Double, top: [(token: Int, logarithm: Double)])] = []

        init() throws {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../golden/language-predictions.txt")
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                if words[0] == "tokens" {
                    tokens = words.dropFirst().map { Int32($0)! }
                } else {
                    let top = stride(from: 2, to: words.count, by: 2).map { (token: Int(words[$0])!, logarithm: Double(words[$0 + 1])!) }
                    rows.append((Int(words[0])!, Double(words[1])!, top))
                }
            }
        }
    }

    @Test func predictionsOfLlamaCpp() throws {
        guard let path = SourceModels.path("smollm2-135m.gguf") else { return }
        let golden = try Golden()
        let nest = NSTemporaryDirectory() + "smollm2-\(UInt64.random(in: 0...UInt64.max)).nest"
        defer { try? FileManager.default.removeItem(atPath: nest) }
        try lower(try LanguageImporter.load(path: path)).write(to: nest)
        var options = ModelOptions()
        options.contextLength = 512
        let runner = try LanguageRunner(path: nest, options: options, kernels: .chosen(for: .detect()), pool: try ThreadPool(threads: 2))
        var apart = 0.0, same = 0
        // Up to the positions that were kept, in runs of 10 of which the last row counts.
        for row in golden.rows {
            let first = row.position - 9
            let logits = try golden.tokens[first...row.position].withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.evaluate(part, position: first, logitRows: 1)
            }
            var best = 0, total = 0.0
            for i in 1..<runner.vocabulary where logits[i] > logits[best] { best = i }
            for i in 0..<runner.vocabulary { total += exp(Double(logits[i] - logits[best])) }
            func logarithm(_ token: Int) -> Double { Double(logits[token] - logits[best]) - log(total) }
            apart += abs(logarithm(Int(golden.tokens[row.position + 1])) - row.next)
            if best == row.top[0].token { same += 1 }
            // Both round activations to 8 bits, each in its own way: nearly equal candidates may change places.
            #expect(abs(logarithm(row.top[0].token) - row.top[0].logarithm) < 0.6, "position \(row.position)")
        }
        #expect(apart / Double(golden.rows.count) < 0.12)
        #expect(same * 10 >= golden.rows.count * 9)
    }
}
