import Platform
import Testing
@testable import Language

/// A stand-in for a model: logits are a hash of the last three tokens, checked against what the cache should hold.
private final class HashPredictor: TokenPredictor {
    let vocabulary = 97, logitStride = 112, contextLength: Int, maximumRows = 16, maximumLogitRows = 16
    private var filled = 0
    private var cache: [Int32]
    private let logits: UnsafeMutablePointer<Float>
    var passes = 0, evaluatedTokens = 0
    var failsAtPass = -1
    /// The smaller, the more the text repeats itself.
    let cycle: UInt64

    init(contextLength: Int = 256, cycle: UInt64 = 1 << 60) {
        self.contextLength = contextLength
        self.cycle = cycle
        cache = [Int32](repeating: -1, count: contextLength)
        logits = .allocate(capacity: 112 * 16)
    }

    deinit { logits.deallocate() }

    func canResume(at position: Int) -> Bool { position <= filled }

    func evaluate(_ tokens: UnsafeBufferPointer<Int32>, position: Int, logitRows: Int) throws(Failure) -> UnsafeMutablePointer<Float> {
        #expect(position <= filled && logitRows <= tokens.count)
        filled = position + tokens.count
        #expect(tokens.count > 0 && tokens.count <= maximumRows && position + tokens.count <= contextLength)
        passes += 1
        if passes == failsAtPass { throw Failure(.inputOutput, "the storage failed") }
        evaluatedTokens += tokens.count
        for (i, token) in tokens.enumerated() { cache[position + i] = token }
        for row in 0..<logitRows {
            let end = position + tokens.count - logitRows + row
            var hash: UInt64 = 1
            for i in max(0, end - 2)...end { hash = hash &* 6364136223846793005 &+ UInt64(cache[i] &+ 1) }
            hash %= cycle
            var random = RandomSource(seed: hash)
            let target = logits + row * logitStride
            for i in 0..<vocabulary { target[i] = Float(random.unit()) * 8 }
        }
        return logits
    }
}

private func text(_ predictor: HashPredictor, prompt: [Int32] = [1, 2, 3], _ change: (inout GenerationOptions) -> Void = { _ in })
    throws(Failure) -> (String, GenerationStatistics) {
    let generator = Generator(predictor: predictor, endTokens: [96], keptTokens: 1) { token, emit in
        [UInt8(97 + token % 26)].withUnsafeBufferPointer { emit($0) }
    }
    var options = GenerationOptions()
    options.tokens = 200
    change(&options)
    var result: [UInt8] = []
    let statistics = try generator.generate(prompt, options) { result += $0; return true }
    return (String(decoding: result, as: UTF8.self), statistics)
}

@Suite struct GenerationTests {
    @Test(arguments: [0, 1, 4, 15], [0, 0.7] as [Float]) func draftsChangeNothing(draft: Int, temperature: Float) throws {
        // A text that repeats itself, so that drafts are often right.
        let plain = try text(HashPredictor(cycle: 7)) { $0.sampler.temperature = temperature; $0.sampler.seed = 3 }
        let predictor = HashPredictor(cycle: 7)
        let drafted = try text(predictor) { $0.sampler.temperature = temperature; $0.sampler.seed = 3; $0.draftLength = draft }
        #expect(drafted.0 == plain.0)
        #expect(drafted.1.tokens == plain.1.tokens)
        if draft > 1, temperature == 0 {
            #expect(drafted.1.acceptedTokens > 0)
            #expect(predictor.passes < plain.1.tokens)
        }
    }

    @Test func penaltiesAreTheSameUnderDrafts() throws {
        let plain = try text(HashPredictor(cycle: 5)) { $0.sampler = .greedy; $0.sampler.repetitionPenalty = 1.3 }
        let drafted = try text(HashPredictor(cycle: 5)) { $0.sampler = .greedy; $0.sampler.repetitionPenalty = 1.3; $0.draftLength = 8 }
        #expect(plain.0 == drafted.0)
    }

    @Test func aSeedRepeatsItself() throws {
        let first = try text(HashPredictor()) { $0.sampler.seed = 42 }
        #expect(try text(HashPredictor()) { $0.sampler.seed = 42 }.0 == first.0)
        #expect(try text(HashPredictor()) { $0.sampler.seed = 43 }.0 != first.0)
    }

    @Test func theContextSlides() throws {
        let predictor = HashPredictor(contextLength: 32)
        let (result, statistics) = try text(predictor, prompt: [Int32](0..<80)) { $0.tokens = 100; $0.sampler = .greedy }
        #expect(statistics.slides > 1)
        #expect(statistics.end == .endToken || result.utf8.count == 100)
        // With drafts the slides fall elsewhere, but nothing breaks.
        let drafted = try text(HashPredictor(contextLength: 32, cycle: 3), prompt: [5, 6]) {
            $0.tokens = 300
            $0.sampler = .greedy
            $0.draftLength = 9
        }
        #expect(drafted.1.tokens == 300 || drafted.1.end == .endToken)
    }

    @Test func aConversationPaysForWhatIsNew() throws {
        let predictor = HashPredictor()
        let generator = Generator(predictor: predictor, endTokens: [], keptTokens: 0) { token, emit in
            [UInt8(65 + token % 26)].withUnsafeBufferPointer { emit($0) }
        }
        var options = GenerationOptions()
        options.tokens = 5
        options.sampler = .greedy
        _ = try generator.generate([Int32](1...40), options) { _ in true }
        let first = Array(generator.evaluatedTokens)
        let before = predictor.evaluatedTokens
        var longer: [UInt8] = []
        let statistics = try generator.generate(first + [9, 9], options) { longer += $0; return true }
        #expect(statistics.reusedTokens == first.count)
        #expect(predictor.evaluatedTokens - before == 2 + 4)
        var fresh: [UInt8] = []
        _ = try Generator(predictor: HashPredictor(), endTokens: [], keptTokens: 0) { token, emit in
            [UInt8(65 + token % 26)].withUnsafeBufferPointer { emit($0) }
        }.generate(first + [9, 9], options) { fresh += $0; return true }
        #expect(fresh == longer)
    }

    @Test func failingStorageEndsOneGeneration() throws {
        let predictor = HashPredictor()
        let generator = Generator(predictor: predictor, endTokens: [], keptTokens: 0) { _, emit in
            [65].withUnsafeBufferPointer { emit($0) }
        }
        var options = GenerationOptions()
        options.tokens = 10
        predictor.failsAtPass = 4
        var made = 0
        #expect(throws: Failure.self) { try generator.generate([1, 2, 3], options) { made += $0.count; return true } }
        let statistics = try generator.generate([1, 2, 3], options) { _ in true }
        #expect(statistics.tokens == 10)
    }

    @Test func whatEndsAGeneration() throws {
        #expect(try text(HashPredictor()) { $0.sampler = .greedy; $0.tokens = 3 }.1.end == .length)
        let whole = try text(HashPredictor()) { $0.sampler = .greedy; $0.tokens = 30 }.0
        let stop = Array(whole.utf8)[10...12]
        let stopped = try text(HashPredictor()) { $0.sampler = .greedy; $0.stopStrings = [Array(stop)] }
        #expect(stopped.1.end == .stopString)
        #expect(stopped.0 == String(decoding: Array(whole.utf8)[..<10], as: UTF8.self))
        var calls = 0
        let generator = Generator(predictor: HashPredictor(), endTokens: [], keptTokens: 0) { _, emit in
            [65].withUnsafeBufferPointer { emit($0) }
        }
        let cancelled = try generator.generate([1], GenerationOptions(), isCancelled: { calls += 1; return calls > 5 }) { _ in true }
        #expect(cancelled.end == .cancelled)
        let unread = try generator.generate([1], GenerationOptions()) { _ in false }
        #expect(unread.end == .cancelled && unread.tokens == 1)
        #expect(throws: Failure.self) { try generator.generate([], GenerationOptions()) { _ in true } }
        #expect(throws: Failure.self) { try generator.generate([97], GenerationOptions()) { _ in true } }
    }
}

@Suite struct SamplerTests {
    /// Sampling written down plainly, in double precision.
    private func candidates(_ logits: [Float], _ settings: SamplerSettings) -> [Int] {
        var order = logits.indices.filter { !logits[$0].isNaN }.sorted { logits[$0] > logits[$1] || (logits[$0] == logits[$1] && $0 < $1) }
        if settings.topK > 0 { order = Array(order.prefix(settings.topK)) }
        let largest = Double(logits[order[0]])
        let weights = order.map { expDouble((Double(logits[$0]) - largest) / Double(settings.temperature)) }
        let sum = weights.reduce(0, +)
        var kept: [Int] = [], reached = 0.0
        for (i, token) in order.enumerated() {
            if i > 0, weights[i] < Double(settings.minP) { break }
            kept.append(token)
            reached += weights[i]
            if reached >= Double(settings.topP) * sum { break }
        }
        return kept
    }

    @Test(arguments: 0..<60) func choosesAmongTheRightTokens(round: Int) throws {
        var random = RandomSource(seed: UInt64(round) &+ 1000)
        var settings = SamplerSettings()
        settings.temperature = [0.3, 0.8, 1, 2][round % 4]
        settings.topK = [0, 1, 5, 40, 1000][round % 5]
        settings.topP = [1, 0.9, 0.5][round % 3]
        settings.minP = [0, 0.05, 0.3][round / 3 % 3]
        settings.seed = UInt64(round)
        var logits = (0..<300).map { _ in Float(random.unit() * 20 - 10) }
        logits[17] = .nan
        logits[40] = logits[41]
        let expected = Set(candidates(logits, settings))
        let sampler = try Sampler(settings, vocabulary: logits.count)
        var drawn: Set<Int> = []
        for _ in 0..<400 {
            let token = logits.withUnsafeMutableBufferPointer {
                Int(sampler.next($0.baseAddress!, after: UnsafeBufferPointer(start: nil, count: 0)))
            }
            #expect(expected.contains(token))
            drawn.insert(token)
        }
        if expected.count <= 3 && settings.temperature >= 1 { #expect(drawn == expected) }
    }

    @Test func drawsInProportion() throws {
        var settings = SamplerSettings()
        (settings.temperature, settings.topK, settings.topP, settings.minP) = (1, 0, 1, 0)
        let probabilities: [Float] = [0.5, 0.3, 0.15, 0.05]
        var logits = probabilities.map { logFloat($0) }
        let sampler = try Sampler(settings, vocabulary: 4)
        var counts = [0, 0, 0, 0]
        for _ in 0..<20000 {
            counts[logits.withUnsafeMutableBufferPointer {
                Int(sampler.next($0.baseAddress!, after: UnsafeBufferPointer(start: nil, count: 0))) }] += 1
        }
        for i in 0..<4 { #expect(abs(Float(counts[i]) / 20000 - probabilities[i]) < 0.015) }
    }

    @Test func penaltiesCountOnceAToken() throws {
        var settings = SamplerSettings.greedy
        settings.repetitionPenalty = 2
        settings.repetitionWindow = 3
        let sampler = try Sampler(settings, vocabulary: 4)
        var logits: [Float] = [8, 5, -1, -3]
        let recent: [Int32] = [3, 0, 0, 2]
        let token = recent.withUnsafeBufferPointer { r in
            logits.withUnsafeMutableBufferPointer { sampler.next($0.baseAddress!, after: r) }
        }
        #expect(token == 1)
        #expect(logits == [4, 5, -2, -3])
    }

    @Test func logitsThatAreNoNumbers() throws {
        for value in [Float.nan, -.infinity, .infinity] {
            for topK in [0, 3] {
                var settings = SamplerSettings()
                settings.topK = topK
                let sampler = try Sampler(settings, vocabulary: 5)
                var logits = [Float](repeating: value, count: 5)
                let token = logits.withUnsafeMutableBufferPointer {
                    sampler.next($0.baseAddress!, after: UnsafeBufferPointer(start: nil, count: 0))
                }
                #expect((0..<5).contains(token))
            }
        }
    }

    @Test func settingsThatMakeNoSense() {
        for change in [{ $0.temperature = -1 }, { $0.temperature = .nan }, { $0.topP = 0 }, { $0.topP = 1.5 }, { $0.minP = 2 },
                       { $0.repetitionPenalty = 0 }]
            as [(inout SamplerSettings) -> Void] {
            var settings = SamplerSettings()
            change(&settings)
            #expect(throws: Failure.self) { try Sampler(settings, vocabulary: 10) }
        }
    }
}
