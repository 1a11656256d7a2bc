import Platform

/// What ended a generation.
public enum GenerationEnd: Sendable, Equatable {
    case endToken, stopString, length, cancelled
}

/// What a generation did.
public struct GenerationStatistics: Sendable {
    public var promptTokens = 0
    /// Prompt tokens whose keys and values were still in the cache.
    public var reusedTokens = 0
    public var promptNanoseconds: Int64 = 0
    public var tokens = 0
    public var nanoseconds: Int64 = 0
    public var firstTokenNanoseconds: Int64 = 0
    /// Drafted tokens, and those of them that were right.
    public var draftedTokens = 0, acceptedTokens = 0
    /// Times the context was full and its older half was forgotten.
    public var slides = 0
    public var end = GenerationEnd.length

    public init() {}
}

/// How a text is continued and what ends it.
public struct GenerationOptions: Sendable {
    public var sampler = SamplerSettings()
    /// Most tokens to make; nil: until something else ends it.
    public var tokens: Int? = 128
    public var stopStrings: [[UInt8]] = []
    /// Tokens of a draft; 0: no speculation. The text is the same with any number.
    public var draftLength = 0

    public init() {}
}

/// Continues a text: prompt in batches, then token by token, or draft by draft. Keeps what the cache holds from one
/// call to the next, so a conversation only pays for what is new. Not to be used from two threads at once.
public final class Generator {
    private let predictor: TokenPredictor
    private let endTokens: [Int32]
    /// The bytes a token stands for.
    private let bytes: (Int32, (UnsafeBufferPointer<UInt8>) -> Void) -> Void
    /// Keeps its place when the context slides: 1 where the text begins with a begin token.
    private let keptTokens: Int
    /// The text so far; the first `evaluated` tokens are in the cache.
    private let text: UnsafeMutableBufferPointer<Int32>
    private var count = 0
    private var evaluated = 0
    private let draft: UnsafeMutableBufferPointer<Int32>

    /// Allocates for the predictor's context. `bytes` shows the bytes of a token to its second argument; `endTokens` end a generation.
    public init(predictor: TokenPredictor, endTokens: [Int32], keptTokens: Int,
                bytes: @escaping (Int32, (UnsafeBufferPointer<UInt8>) -> Void) -> Void) {
        self.predictor = predictor
        self.endTokens = endTokens
        self.keptTokens = keptTokens
        self.bytes = bytes
        text = .allocate(capacity: predictor.contextLength + predictor.maximumRows + 1)
        draft = .allocate(capacity: max(1, min(predictor.maximumRows, predictor.maximumLogitRows)))
    }

    deinit {
        text.deallocate()
        draft.deallocate()
    }

    /// The tokens whose keys and values the cache holds.
    public var evaluatedTokens: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: text.baseAddress, count: evaluated) }

    /// Says that the cache now holds these tokens (a saved prompt was loaded).
    public func assumeEvaluated(_ tokens: [Int32]) {
        count = min(tokens.count, predictor.contextLength)
        for i in 0..<count { text[i] = tokens[i] }
        evaluated = count
    }

    /// Evaluates a prompt without continuing it.
    public func prepare(_ prompt: [Int32]) throws(Failure) {
        var statistics = GenerationStatistics()
        try load(prompt, &statistics)
        _ = try evaluatePending(&statistics, upTo: count)
    }

    /// Continues `prompt`.
    /// - Parameters:
    ///   - emit: gets whole characters as they are certain; false ends the generation.
    ///   - isCancelled: asked before every pass.
    /// - Throws: what the model throws (storage that fails); the generator can be used again afterwards.
    public func generate(_ prompt: [Int32], _ options: GenerationOptions, isCancelled: () -> Bool = { false },
                         emit: (UnsafeBufferPointer<UInt8>) -> Bool) throws(Failure) -> GenerationStatistics {
        guard !prompt.isEmpty else { throw Failure(.usage, "there is no text to continue") }
        var statistics = GenerationStatistics()
        let sampler = try Sampler(options.sampler, vocabulary: predictor.vocabulary)
        var writer = TextWriter(stops: try StopMatcher(options.stopStrings))
        let lookup = DraftLookup(length: min(options.draftLength, draft.count - 1))
        let start = monotonicNanoseconds()
        try load(prompt, &statistics)
        // All but the last token: that one is evaluated together with the first draft.
        if try evaluatePending(&statistics, upTo: count - 1, isCancelled: isCancelled) == false {
            statistics.end = .cancelled
            return statistics
        }
        let wanted = options.tokens ?? Int.max
        statistics.end = .length
        generation: while statistics.tokens < wanted {
            if isCancelled() {
                statistics.end = .cancelled
                break
            }
            try slideIfFull(&statistics)
            let room = min(predictor.contextLength - count, wanted - statistics.tokens - 1)
            var drafted = 0
            if room > 0 {
                let place = UnsafeMutableBufferPointer(start: draft.baseAddress, count: min(room, draft.count))
                drafted = lookup.propose(UnsafeBufferPointer(start: text.baseAddress, count: count), into: place)
            }
            statistics.draftedTokens += drafted
            for i in 0..<drafted { text[count + i] = draft[i] }
            let rows = UnsafeBufferPointer(start: text.baseAddress! + count - 1, count: drafted + 1)
            let logits = try evaluate(rows, position: count - 1, logitRows: drafted + 1)
            if statistics.tokens == 0 { statistics.promptNanoseconds = monotonicNanoseconds() - start }
            // Row r tells what follows token count - 1 + r; the draft holds as long as it is what the sampler chooses.
            for row in 0...drafted {
                let token = sampler.next(logits + row * predictor.logitStride,
                                         after: UnsafeBufferPointer(start: text.baseAddress, count: count))
                statistics.tokens += 1
                if statistics.tokens == 1 { statistics.firstTokenNanoseconds = monotonicNanoseconds() - start }
                let guessed = row < drafted && draft[row] == token
                text[count] = token
                evaluated = count
                count += 1
                if endTokens.contains(token) {
                    statistics.end = .endToken
                    break generation
                }
                if guessed { statistics.acceptedTokens += 1 }
                bytes(token) { for byte in $0 { writer.take(byte) } }
                if writer.hasStopped { statistics.end = .stopString }
                if !writer.flush(emit) { statistics.end = .cancelled }
                if writer.hasStopped || statistics.end == .cancelled { break generation }
                if !guessed || statistics.tokens == wanted { break }
            }
        }
        writer.finish()
        _ = writer.flush(emit)
        statistics.nanoseconds = monotonicNanoseconds() - start
        return statistics
    }

    // MARK: what the cache holds

    /// Makes `prompt` the text. The part of it that the cache holds already is kept.
    private func load(_ prompt: [Int32], _ statistics: inout GenerationStatistics) throws(Failure) {
        for token in prompt where token < 0 || Int(token) >= predictor.vocabulary {
            throw Failure(.badFormat, "token \(token) isn't in the vocabulary of \(predictor.vocabulary)")
        }
        statistics.promptTokens = prompt.count
        // A prompt longer than the context: its beginning (what `keptTokens` protects) and its end are kept.
        let most = predictor.contextLength - 1
        let dropped = max(0, prompt.count - most)
        if dropped > 0 { statistics.slides += 1 }
        let kept = dropped > 0 ? min(keptTokens, most) : 0
        let total = prompt.count - dropped
        var same = 0
        for i in 0..<total {
            let token = prompt[i < kept ? i : i + dropped]
            if same == i, i < evaluated, text[i] == token { same += 1 }
            text[i] = token
        }
        count = total
        // The last token is evaluated in any case: its logits are needed.
        evaluated = resumable(min(same, total - 1))
        statistics.reusedTokens = evaluated
    }

    private func resumable(_ position: Int) -> Int { predictor.canResume(at: position) ? position : 0 }

    /// Fills the cache up to a token; false where it was cancelled.
    private func evaluatePending(_ statistics: inout GenerationStatistics, upTo end: Int,
                                 isCancelled: () -> Bool = { false }) throws(Failure) -> Bool {
        while evaluated < end {
            if isCancelled() { return false }
            let rows = min(predictor.maximumRows, end - evaluated)
            _ = try evaluate(UnsafeBufferPointer(start: text.baseAddress! + evaluated, count: rows), position: evaluated, logitRows: 0)
            evaluated += rows
        }
        return true
    }

    private func evaluate(_ tokens: UnsafeBufferPointer<Int32>, position: Int, logitRows: Int) throws(Failure)
        -> UnsafeMutablePointer<Float> {
        do throws(Failure) { return try predictor.evaluate(tokens, position: position, logitRows: logitRows) } catch {
            // Whatever the pass has left in the cache is not to be trusted.
            evaluated = min(evaluated, position)
            throw error
        }
    }

    /// Where the context is full, the older half of it (all but the kept tokens) is forgotten and the rest evaluated
    /// anew: keys carry their positions, so they can't just be moved.
    private func slideIfFull(_ statistics: inout GenerationStatistics) throws(Failure) {
        guard count >= predictor.contextLength else { return }
        let kept = min(keptTokens, predictor.contextLength / 2)
        let dropped = (count - kept) / 2
        for i in kept..<(count - dropped) { text[i] = text[i + dropped] }
        count -= dropped
        evaluated = resumable(min(evaluated, kept))
        statistics.slides += 1
        _ = try evaluatePending(&statistics, upTo: count - 1)
    }
}

/// Bytes of tokens on their way out: stop strings, then whole characters, collected until they are flushed.
private struct TextWriter {
    private var stops: StopMatcher
    private var characters = CharacterStream()
    private var ready: [UInt8] = []

    init(stops: StopMatcher) {
        self.stops = stops
        ready.reserveCapacity(4096)
    }

    var hasStopped: Bool { stops.hasStopped }

    mutating func take(_ byte: UInt8) {
        var stream = characters, bytes = ready
        ready = []
        stops.take(byte) { free in stream.take(free) { bytes.append($0) } }
        characters = stream
        ready = bytes
    }

    mutating func finish() {
        var stream = characters, bytes = ready
        ready = []
        stops.finish { free in stream.take(free) { bytes.append($0) } }
        stream.finish { bytes.append($0) }
        characters = stream
        ready = bytes
    }

    mutating func flush(_ emit: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
        if ready.isEmpty { return true }
        let goesOn = ready.withUnsafeBufferPointer { emit($0) }
        ready.removeAll(keepingCapacity: true)
        return goesOn
    }
}
