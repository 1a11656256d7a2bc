import Engine
import Foundation
import Kernels
@testable import ModelCompiler
import Nest
import Platform
import Testing

/// A small Whisper, imported and run, against the logits of goldens/speech.py.
struct SpeechTests {
    struct Golden {
        var tokens: [Int32] = [], frames = 0, rows: [Int: [[Float]]] = [:]

        init() throws {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../golden/speech-small.txt")
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                switch words[0] {
                case "tokens": tokens = words.dropFirst().map { Int32($0)! }
                case "frames": frames = Int(words[1])!
                default: rows[Int(words[1])!, default: []].append(words.dropFirst(2).map { Float($0)! })
                }
            }
        }
    }

    static func mel(_ frames: Int) -> [Float] {
        let count = (frames + 4) * SmallSpeech.bins
        var mel = SmallSpeech.numbers("mel", count).map { Float($0 * 1.5) }
        for index in (frames - 4) * SmallSpeech.bins..<count { mel[index] = -1 }
        return mel
    }

    static func nest(huggingFace: Bool = false, _ options: SpeechOptions = SpeechOptions(rows: 8, encoderBits: 16)) throws -> NestContents {
        let folder = try SmallSpeech().folder(huggingFace: huggingFace)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(SpeechImporter.recognizes(path: folder))
        return try lower(try SpeechImporter.load(path: folder), options: options).contents()
    }

    static func runner(_ contents: NestContents, _ table: KernelTable = .chosen(for: .detect()), threads: Int = 1, bits: Int = 16) throws
        -> SpeechRunner {
        var options = ModelOptions()
        options.activationBits = bits
        return try SpeechRunner(try Model(contents: contents, options: options, kernels: table, pool: try ThreadPool(threads: threads)))
    }

    /// The logits of all tokens, `step` of them at a time.
    static func logits(_ runner: SpeechRunner, _ golden: Golden, stride: Int, step: Int) throws -> [[Float]] {
        _ = try mel(golden.frames).withUnsafeBufferPointer { (mel) throws(Failure) in
            try runner.encode(mel, frames: golden.frames, tailStride: stride)
        }
        var result: [[Float]] = [], first = 0
        while first < golden.tokens.count {
            let count = min(step, golden.tokens.count - first)
            let row = try golden.tokens[first..<first + count].withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.evaluate(part, position: first, logitRows: count)
            }
            for index in 0..<count {
                result.append(Array(UnsafeBufferPointer(start: row + index * runner.logitStride, count: runner.vocabulary)))
            }
            first += count
        }
        return result
    }

    private func farthest(_ a: [[Float]], _ b: [[Float]]) -> Float {
        zip(a, b).reduce(0) { most, rows in zip(rows.0, rows.1).reduce(most) { max($0, abs($1.0 - $1.1)) } }
    }

    /// The weights lose nothing in the nest, so that what is left is the rounding of activations to 16 bits, of keys and values
    /// to half floats; logits are up to 13. With 8 bits the difference is fifty times as large.
    @Test(arguments: [0, 4]) func logitsOfThePlainModel(_ stride: Int) throws {
        let golden = try Golden(), contents = try Self.nest()
        for table in KernelTable.all(for: .detect()) {
            let found = try Self.logits(try Self.runner(contents, table), golden, stride: stride, step: 8)
            let apart = farthest(found, golden.rows[stride]!)
            #expect(found.count == golden.tokens.count && apart < 0.02, "\(table.name) kernels, stride \(stride): \(apart) apart")
        }
        let rough = try Self.logits(try Self.runner(contents, bits: 8), golden, stride: stride, step: 8)
        let apart = farthest(rough, golden.rows[stride]!)
        #expect(apart > 0.02 && apart < 1, "8 bits: \(apart) apart")
    }

    @Test func theTailIsHeard() throws {
        let golden = try Golden()
        #expect(farthest(golden.rows[0]!, golden.rows[4]!) > 0.1)
    }

    @Test func rowsAndThreadsChangeNothing() throws {
        let golden = try Golden(), contents = try Self.nest()
        let single = try Self.logits(try Self.runner(contents), golden, stride: 4, step: 1)
        #expect(try Self.logits(try Self.runner(contents), golden, stride: 4, step: 5) == single)
        #expect(try Self.logits(try Self.runner(contents, threads: 3), golden, stride: 4, step: 8) == single)
        // A utterance before leaves nothing behind.
        let runner = try Self.runner(contents)
        _ = try Self.logits(runner, golden, stride: 0, step: 3)
        #expect(try Self.logits(runner, golden, stride: 4, step: 2) == single)
    }

    @Test func foldersOfHuggingFaceSayTheSame() throws {
        var model = SmallSpeech()
        // Keys have no bias there.
        model.clearKeyBiases()
        let golden = try Golden(), folders = [try model.folder(), try model.folder(huggingFace: true)]
        defer { for folder in folders { try? FileManager.default.removeItem(atPath: folder) } }
        let options = SpeechOptions(rows: 8, encoderBits: 16)
        let nests = try folders.map { try lower(try SpeechImporter.load(path: $0), options: options).contents() }
        let (one, other) = (try Self.logits(try Self.runner(nests[0]), golden, stride: 4, step: 8),
                            try Self.logits(try Self.runner(nests[1]), golden, stride: 4, step: 8))
        #expect(one == other)
        for key in ["task", "speech.suppress", "speech.suppress.begin", "speech.languages"] {
            let values = nests.map { nest in nest.metadata.first { $0.key == key }?.value }
            #expect(values[0] == values[1] && values[0] != nil, "\(key)")
        }
    }

    @Test func whatIsOutsideItsBoundsIsRefused() throws {
        let runner = try Self.runner(try Self.nest()), golden = try Golden(), mel = Self.mel(golden.frames)
        func encode(_ frames: Int, _ stride: Int, _ values: Int) -> Bool {
            (try? mel[0..<values].withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.encode(part, frames: frames, tailStride: stride) }) != nil
        }
        func evaluate(_ tokens: [Int32], _ position: Int, _ rows: Int) -> Bool {
            (try? tokens.withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.evaluate(part, position: position, logitRows: rows) }) != nil
        }
        #expect(!evaluate([1], 0, 1), "nothing has been encoded")
        let bins = SmallSpeech.bins
        #expect(!encode(0, 0, 0) && !encode(3, 0, 3 * bins) && !encode(50, 0, mel.count) && !encode(20, -1, mel.count))
        #expect(!encode(20, 4, 20 * bins) && !encode(20, 0, 20 * bins - 1))
        #expect(encode(20, 0, 20 * bins) && encode(2, 1, mel.count) && encode(20, Int.max, mel.count))
        #expect(evaluate([1, 2], 0, 2) && !evaluate([1], 3, 1) && !evaluate([], 2, 0) && !evaluate([96], 2, 1) && !evaluate([-1], 2, 1))
        #expect(!evaluate([1], 2, 2) && !evaluate([Int32](repeating: 1, count: 9), 2, 1) && !evaluate([1], -1, 1))
        #expect(evaluate([Int32](repeating: 1, count: 8), 2, 0) && evaluate([Int32](repeating: 1, count: 6), 10, 1))
        #expect(!evaluate([1], 16, 1), "the context is full")
        #expect(evaluate([1], 4, 1) && !evaluate([1], 6, 1), "what was there behind is gone")
    }

    @Test func languageModelsAndSpeechModelsAreToldApart() throws {
        let speech = try Model(contents: try Self.nest(), kernels: .reference, pool: try ThreadPool(threads: 1))
        let failure = #expect(throws: Failure.self) { _ = try LanguageRunner(speech) }
        #expect(failure?.description.contains("speech model") == true)
        let text = RandomTransformer(seed: 3, width: 32, heads: 2, headDimension: 16, feedForward: 32, vocabulary: 40, layers: 1)
        let language = try Model(contents: try lower(text.model, options: TransformerOptions(rows: 4)).contents(), kernels: .reference,
                                 pool: try ThreadPool(threads: 1))
        #expect(throws: Failure.self) { _ = try SpeechRunner(language) }
    }

    @Test func budgetsCountTheMemories() throws {
        let contents = try Self.nest(), bytes = NestWriter.bytes(contents)
        let model = try Model(bytes: bytes, kernels: .reference, pool: try ThreadPool(threads: 1))
        // Keys and values of both memories of each decoder layer, as half floats.
        let memories = SmallSpeech.layers * 2 * (SmallSpeech.positions + SmallSpeech.context) * SmallSpeech.width * 2
        #expect(model.memory.arenaBytes > memories && Int(model.program.stateBytes) >= memories)
        #expect(model.memory.totalBytes >= model.memory.arenaBytes + model.memory.residentWeightBytes)
    }

    /// Values of OpenAI's own mel_filters.npz (openai-whisper 20250625): band, power, weight.
    @Test func melFiltersAreOpenAIs() throws {
        let published: [(bands: Int, band: Int, power: Int, weight: Float)] = [
            (80, 0, 0, 0), (80, 0, 1, 0.02486259490251541), (80, 10, 11, 0.004954374860972166), (80, 40, 43, 0.014735566452145576),
            (80, 60, 90, 0.0014345343224704266), (80, 60, 91, 0.0034412189852446318), (80, 79, 199, 0.0004487590049393475),
            (128, 0, 1, 0.012373986653983593), (128, 64, 43, 0.018091518431901932), (128, 127, 195, 0.005041601601988077),
        ]
        for value in published {
            let filters = MelFilterBank.slaney(bands: value.bands)
            #expect(filters.count == value.bands * 201)
            #expect(abs(filters[value.band * 201 + value.power] - value.weight) < 1e-8, "band \(value.band), power \(value.power)")
        }
    }
}
