import CLinux
import Engine
import Foundation
import Kernels
@testable import ModelCompiler
import Nest
import Platform
import Testing

/// Language models under budgets smaller than their weights: some 100 steps, every chunk used once a pass.
@Suite(.serialized)
struct TransformerConveyorTests {
    private static let source = RandomTransformer(seed: 21, width: 256, heads: 4, keyValueHeads: 2, headDimension: 64, feedForward: 512,
                                                  vocabulary: 700, layers: 6)
    private static let context = 64

    private static func written() throws -> String {
        let path = NSTemporaryDirectory() + "language-\(UInt64.random(in: 0...UInt64.max)).nest"
        try lower(source.model, options: TransformerOptions(rows: 8, logitRows: 2, pieceBytes: 32 << 10),
                  tokenizer: [UInt8](repeating: 7, count: 50_000)).write(to: path)
        return path
    }

    private static func load(_ path: String, budget: Int? = nil, threads: Int = 1) throws -> LanguageRunner {
        var options = ModelOptions()
        options.contextLength = context
        options.budgetBytes = budget
        return try LanguageRunner(path: path, options: options, kernels: .chosen(for: .detect()), pool: try ThreadPool(threads: threads))
    }

    private static func evaluate(_ runner: LanguageRunner, _ tokens: [Int32], at position: Int, logits: Int) throws -> [Float] {
        let result = try tokens.withUnsafeBufferPointer { (part) throws(Failure) in
            try runner.evaluate(part, position: position, logitRows: logits)
        }
        return logits == 0 ? [] : (0..<runner.vocabulary).map { result[$0] }
    }

    /// A prompt of two runs without logits, then tokens one by one.
    private static func text(_ runner: LanguageRunner) throws -> [[Float]] {
        for first in [0, 8] { _ = try evaluate(runner, (0..<8).map { Int32(($0 + first) * 41 % 700) }, at: first, logits: 0) }
        return try (16..<24).map { try evaluate(runner, [Int32($0 * 29)], at: $0, logits: 1) }
    }

    @Test func budgetsGiveTheSameLogitsAndReadWhatIsMissingOnce() throws {
        let path = try TransformerConveyorTests.written()
        defer { unlink(path) }
        let whole = try TransformerConveyorTests.load(path)
        let expected = try TransformerConveyorTests.text(whole)
        let memory = whole.model.memory
        let fixed = memory.tableBytes + memory.arenaBytes + memory.scratchBytes + memory.cacheBytes + 65536
        let nest = whole.model.nest, tokenizer = Int(nest.metadata("language.tokenizer")!)!
        #expect(nest.chunk(tokenizer).allSatisfy { $0 == 7 } && nest.chunk(tokenizer).count == 50_000)
        let weights = nest.chunks.enumerated().reduce(0) { $0 + ($1.offset == tokenizer ? 0 : $1.element.length) }
        for (part, threads) in [(0.15, 1), (0.3, 2), (0.5, 1), (0.8, 2)] {
            let budget = fixed + Int(Double(weights) * part)
            let runner = try TransformerConveyorTests.load(path, budget: budget, threads: threads)
            #expect(runner.model.memory.totalBytes <= budget)
            #expect(runner.model.memory.streamedWeightBytes > 0)
            #expect(try TransformerConveyorTests.text(runner) == expected)
            // Decoding: a pass reads what isn't resident, and the row of the embedding.
            let before = runner.counters.streamedBytes
            var most = 0
            for position in 24..<40 {
                _ = try TransformerConveyorTests.evaluate(runner, [3], at: position, logits: 1)
                most = max(most, runner.model.residentWeightBytes)
            }
            let pass = (runner.counters.streamedBytes - before) / 16
            #expect(pass <= runner.model.memory.streamedWeightBytes + 8192,
                    "\(pass) bytes a token where \(runner.model.memory.streamedWeightBytes) are not resident")
            // Beside what stays there is a window of two pieces and some page rounding.
            #expect(runner.model.memory.streamedWeightBytes <= weights - (budget - fixed) + 250_000, "too little stays in memory")
            #expect(most <= budget - fixed + 65536, "\(most) bytes of weights in memory")
        }
    }

    @Test func passesWithoutLogitsLeaveTheHeadAlone() throws {
        let path = try TransformerConveyorTests.written()
        defer { unlink(path) }
        let memory = try TransformerConveyorTests.load(path).model.memory
        let runner = try TransformerConveyorTests.load(path, budget: memory.tableBytes + memory.arenaBytes + memory.scratchBytes
                                                       + memory.cacheBytes + 65536 + 150_000)
        func read(_ logits: Int) throws -> Int {
            let before = runner.counters.streamedBytes
            for position in 0..<10 { _ = try TransformerConveyorTests.evaluate(runner, [5], at: position, logits: logits) }
            return (runner.counters.streamedBytes - before) / 10
        }
        let with = try read(1), without = try read(0)
        // The head is 700 x 256 weights of 4 bits and a half.
        #expect(with - without > 90_000, "\(with) bytes with logits, \(without) without")
        #expect(try read(1) >= without)
    }

    @Test func storageThatFailsIsAnErrorAndTheNextRunGoesOn() throws {
        let path = try TransformerConveyorTests.written()
        defer { unlink(path) }
        let expected = try TransformerConveyorTests.text(try TransformerConveyorTests.load(path))
        let memory = try TransformerConveyorTests.load(path).model.memory
        let runner = try TransformerConveyorTests.load(path, budget: memory.tableBytes + memory.arenaBytes + memory.scratchBytes
                                                       + memory.cacheBytes + 65536 + 200_000)
        #expect(try TransformerConveyorTests.text(runner) == expected)
        let bytes = try File.read(path), nest = try NestReader.open(path)
        let file = open(path, O_RDWR)
        defer { close(file) }
        #expect(ftruncate(file, off_t(nest.chunks[2].offset)) == 0)
        #expect(throws: Failure.self) { for _ in 0..<2 { _ = try TransformerConveyorTests.text(runner) } }
        bytes.withUnsafeBytes { #expect(pwrite(file, $0.baseAddress, $0.count, 0) == bytes.count) }
        _ = try? TransformerConveyorTests.evaluate(runner, [1], at: 0, logits: 1)
        #expect(try TransformerConveyorTests.text(runner) == expected)
    }
}
