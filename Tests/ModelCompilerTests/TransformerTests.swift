import Engine
import Foundation
import Kernels
@testable import ModelCompiler
import Nest
import Platform
import Testing

/// Small random transformers, compiled and run, against the plain one in float64.
@Suite(.serialized)
struct TransformerTests {
    private static func runner(_ source: RandomTransformer, options: TransformerOptions = TransformerOptions(rows: 8, logitRows: 8),
                               kernels: KernelTable = .reference,
                               threads: Int = 1, context: Int = 100, activationBits: Int = 16) throws -> LanguageRunner {
        var loading = ModelOptions()
        loading.contextLength = context
        loading.activationBits = activationBits
        return try LanguageRunner(try Model(contents: try lower(source.model, options: options).contents(), options: loading,
                                            kernels: kernels, pool: try ThreadPool(threads: threads)))
    }

    /// Logits of every token, evaluated `step` at a time.
    private static func logits(_ runner: LanguageRunner, _ tokens: [Int32], step: Int) throws -> [[Float]] {
        var rows: [[Float]] = [], first = 0
        while first < tokens.count {
            let part = Array(tokens[first..<min(first + step, tokens.count)])
            let result = try part.withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.evaluate(part, position: first, logitRows: part.count)
            }
            for row in part.indices { rows.append((0..<runner.vocabulary).map { result[row * runner.logitStride + $0] }) }
            first += step
        }
        return rows
    }

    private static func tokens(_ count: Int, _ vocabulary: Int, seed: UInt32) -> [Int32] {
        var numbers = Numbers(seed)
        return (0..<count).map { _ in Int32((numbers.next() + 1) / 2 * Float(vocabulary - 1)) }
    }

    /// Differences as a part of the spread of the logits: the root of the mean square, and the largest.
    private static func error(_ rows: [[Float]], _ expected: [[Double]]) -> (mean: Double, worst: Double) {
        var worst = 0.0, squares = 0.0, count = 0
        for (row, right) in zip(rows, expected) {
            let mean = right.reduce(0, +) / Double(right.count)
            let spread = (right.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(right.count)).squareRoot()
            for (a, b) in zip(row, right) {
                let difference = a.isFinite ? abs(Double(a) - b) / spread : .infinity
                worst = max(worst, difference)
                squares += difference * difference
                count += 1
            }
        }
        return ((squares / Double(max(1, count))).squareRoot(), worst)
    }

    /// Rounding to 8 bits, and of keys and values to half floats, falls differently here and there; floats of a matrix are 8
    /// bits wide as well.
    private static func expectNear(_ rows: [[Float]], _ expected: [[Double]], _ bits: Int, _ what: String) {
        let error = error(rows, expected)
        let bound = bits == 8 || what.hasPrefix("floats") ? (mean: 0.02, worst: 0.1) : (mean: 0.003, worst: 0.015)
        #expect(error.mean < bound.mean && error.worst < bound.worst, "\(what), activations of \(bits) bits: \(error)")
    }

    private static let shapes: [(name: String, source: RandomTransformer)] = [
        ("llama", RandomTransformer(seed: 1)),
        ("odd heads, two key heads, untied", RandomTransformer(seed: 2, heads: 6, keyValueHeads: 2, headDimension: 16, vocabulary: 50,
                                                               tied: false, encodings: [.q4_0, .q8_0])),
        ("one head each", RandomTransformer(seed: 3, width: 96, heads: 2, keyValueHeads: 2, headDimension: 48, feedForward: 160,
                                            vocabulary: 33)),
        ("gemma, windows", RandomTransformer(seed: 4, heads: 4, keyValueHeads: 1, headDimension: 32, layers: 3, gemma: true, window: 5,
                                             encodings: [.q5_0, .q5_1])),
        ("super blocks", RandomTransformer(seed: 5, width: 256, heads: 4, keyValueHeads: 2, headDimension: 64, feedForward: 512,
                                           encodings: [.q4_K, .q5_K, .q6_K])),
        ("floats", RandomTransformer(seed: 6, encodings: [.f32, .f16, .bf16])),
    ]

    @Test func logitsOfThePlainTransformer() throws {
        for (name, source) in TransformerTests.shapes {
            let tokens = TransformerTests.tokens(21, source.model.vocabulary, seed: 9)
            for bits in [16, 8] {
                let expected = PlainTransformer(source: source, activationBits: bits).logits(tokens)
                let rows = try TransformerTests.logits(try TransformerTests.runner(source, activationBits: bits), tokens, step: 8)
                TransformerTests.expectNear(rows, expected, bits, name)
            }
        }
    }

    @Test func aNestForSixteenBitsRunsWithEight() throws {
        for (name, source) in TransformerTests.shapes {
            let tokens = TransformerTests.tokens(19, source.model.vocabulary, seed: 10)
            let narrow = TransformerOptions(rows: 8, logitRows: 8, activationBits: 8)
            for threads in [1, 2] {
                let expected = try TransformerTests.logits(try TransformerTests.runner(source, options: narrow, threads: threads), tokens,
                                                           step: 3)
                #expect(try TransformerTests.logits(try TransformerTests.runner(source, threads: threads, activationBits: 8), tokens,
                                                    step: 3) == expected, "\(name)")
            }
        }
        #expect(throws: Failure.self) { try TransformerTests.runner(RandomTransformer(seed: 1), activationBits: 12) }
    }

    @Test func rowsDependNeitherOnTheirNumberNorOnThreadsNorOnPieces() throws {
        for (name, source) in TransformerTests.shapes {
            let tokens = TransformerTests.tokens(19, source.model.vocabulary, seed: 10)
            let expected = try TransformerTests.logits(try TransformerTests.runner(source), tokens, step: 1)
            for (step, threads) in [(8, 1), (3, 2), (1, 2)] {
                #expect(try TransformerTests.logits(try TransformerTests.runner(source, threads: threads), tokens, step: step) == expected,
                        "\(name), \(step) at once")
            }
            let pieces = TransformerOptions(rows: 8, logitRows: 8, pieceBytes: 4096)
            #expect(try TransformerTests.logits(try TransformerTests.runner(source, options: pieces), tokens, step: 8) == expected,
                    "\(name) in pieces")
        }
    }

    @Test func everyKernelFamilyAgrees() throws {
        for (name, source) in TransformerTests.shapes {
            let tokens = TransformerTests.tokens(12, source.model.vocabulary, seed: 11)
            let expected = PlainTransformer(source: source).logits(tokens)
            for table in KernelTable.all(for: .detect()) {
                let rows = try TransformerTests.logits(try TransformerTests.runner(source, kernels: table, threads: 2), tokens, step: 5)
                TransformerTests.expectNear(rows, expected, 16, "\(name), \(table.name)")
            }
        }
    }

    @Test func goingBackAndOverwritingGivesTheSame() throws {
        for (name, source) in TransformerTests.shapes {
            let tokens = TransformerTests.tokens(20, source.model.vocabulary, seed: 12),
                other = TransformerTests.tokens(4, source.model.vocabulary, seed: 13)
            let expected = try TransformerTests.logits(try TransformerTests.runner(source), tokens, step: 8)
            let runner = try TransformerTests.runner(source)
            _ = try TransformerTests.logits(runner, Array(tokens[..<16]), step: 8)
            // A wrong draft, then the real tokens in its place.
            _ = try other.withUnsafeBufferPointer { (part) throws(Failure) in try runner.evaluate(part, position: 16, logitRows: 4) }
            #expect(runner.canResume(at: 16))
            let last = try Array(tokens[16...]).withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.evaluate(part, position: 16, logitRows: 4)
            }
            for row in 0..<4 {
                #expect((0..<runner.vocabulary).map { last[row * runner.logitStride + $0] } == expected[16 + row], "\(name)")
            }
        }
    }

    @Test func savedPrefixesGoOnWhereTheyWere() throws {
        for (name, source) in TransformerTests.shapes {
            let tokens = TransformerTests.tokens(20, source.model.vocabulary, seed: 14)
            let expected = try TransformerTests.logits(try TransformerTests.runner(source), tokens, step: 8)
            let first = try TransformerTests.runner(source), second = try TransformerTests.runner(source)
            _ = try TransformerTests.logits(first, Array(tokens[..<16]), step: 8)
            let saved = UnsafeMutableRawBufferPointer.allocate(byteCount: first.savedBytes(positions: first.filled), alignment: 16)
            defer { saved.deallocate() }
            try first.savePrefix(into: saved)
            try second.restorePrefix(UnsafeRawBufferPointer(saved), positions: 16)
            let last = try Array(tokens[16...]).withUnsafeBufferPointer { (part) throws(Failure) in
                try second.evaluate(part, position: 16, logitRows: 1)
            }
            #expect((0..<second.vocabulary).map { last[$0] } == expected[19], "\(name)")
            #expect(throws: Failure.self) { try second.restorePrefix(UnsafeRawBufferPointer(saved), positions: 15) }
        }
    }

    @Test func whatIsOutsideItsBoundsIsRefused() throws {
        let source = RandomTransformer(seed: 7, layers: 3, window: 4)
        let runner = try TransformerTests.runner(source, context: 30)
        func evaluate(_ tokens: [Int32], _ position: Int, _ rows: Int = 1) throws {
            _ = try tokens.withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.evaluate(part, position: position, logitRows: rows)
            }
        }
        try evaluate([1, 2, 3], 0)
        for (tokens, position, rows) in [([], 0, 1), ([77], 3, 1), ([-1], 3, 1), ([1], 4, 1), ([1], -1, 1), ([1], 3, 2),
                                         ([Int32](repeating: 1, count: 9), 0, 1)] as [([Int32], Int, Int)] {
            #expect(throws: Failure.self) { try evaluate(tokens, position, rows) }
        }
        // A layer with a window forgets: far back is the beginning only.
        for position in stride(from: 3, to: 27, by: 8) { try evaluate([Int32](repeating: 5, count: 8), position) }
        #expect(!runner.canResume(at: 9))
        #expect(runner.canResume(at: 0) && runner.canResume(at: runner.filled - 8))
        #expect(throws: Failure.self) { try evaluate([1, 2, 3, 4], 27, 1) }
        try evaluate([1], 0, 0)
    }
}
