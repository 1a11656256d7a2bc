import Nest
import Platform
import Kernels

/// A language model that runs tokens: logits after them, over a cache of keys and values. Not to be used from two
/// threads at once.
public final class LanguageRunner {
    public let model: Model
    private let state: LanguageState
    private let tokenInput: UnsafeMutablePointer<Int32>
    private let logits: UnsafeMutablePointer<Float>
    /// Tokens that there are. A row of logits is this long; rows lie `logitStride` apart.
    public let vocabulary: Int
    public let logitStride: Int
    /// Positions that the model was trained for.
    public let trainedContextLength: Int
    /// Positions that have been evaluated and are in the cache.
    public private(set) var filled = 0
    private let embeddingWidth: Int

    /// Fails with `usage` where the model is no language model, and as `Model` does.
    public init(_ model: Model) throws(Failure) {
        guard !model.program.isOfSpeech else {
            throw Failure(.usage, "\(model.nest.name) is a speech model: it transcribes and can't write texts of its own")
        }
        guard let state = model.language, let a = LanguageRunner.embedding(model.program) else {
            throw Failure(.usage, "\(model.nest.name) is no language model")
        }
        self.model = model
        self.state = state
        vocabulary = Int(a.vocabulary)
        embeddingWidth = Int(a.width)
        trainedContextLength = Int(a.contextLength)
        tokenInput = model.input(0).baseAddress!.assumingMemoryBound(to: Int32.self)
        logits = UnsafeMutablePointer(mutating: model.output(0).baseAddress!.assumingMemoryBound(to: Float.self))
        let record = model.outputRecord(0)
        logitStride = Int(record.pixelStride)
        guard record.type == .float32, Int(record.channels) == vocabulary else {
            throw Failure(.badFormat, "\(model.nest.name): its output is no row of logits")
        }
    }

    /// Loads a nest; `options.contextLength` and the budget decide how long the text may become.
    public convenience init(path: String, options: ModelOptions = ModelOptions(), kernels: KernelTable, pool: ThreadPool) throws(Failure) {
        try self.init(try Model(path: path, options: options, kernels: kernels, pool: pool))
    }

    private static func embedding(_ program: Program) -> EmbeddingAttributes? {
        for instruction in program.instructions where instruction.opcode == .embedding {
            return EmbeddingAttributes(words: instruction.attributes)
        }
        return nil
    }

    /// Positions that the cache holds.
    public var contextLength: Int { state.cache.context }
    /// Most tokens of one `evaluate`, and most rows of logits that it gives.
    public var maximumRows: Int { state.maximumRows }
    public var maximumLogitRows: Int { state.maximumLogitRows }
    public var counters: ConveyorCounters { model.counters }
    /// Tells apart whose saved prefixes differ: the checksum of the nest's tables, which hold those of the weights, and how
    /// finely activations are rounded.
    public var identity: UInt32 { model.nest.identity ^ UInt32(state.mostTerms) }

    /// Runs `tokens` at positions `position`, `position` + 1, …; whatever the cache held from `position` on is replaced.
    /// - Parameter logitRows: rows of logits wanted, for the last tokens; 0 spares the head.
    /// - Returns: the first of these rows, `logitStride` apart; good, and the caller's to change, until the next call.
    ///   A row doesn't depend on how many are evaluated together.
    /// Fails with `usage` where tokens or positions are outside their bounds, otherwise as `Model.run` does; the cache
    /// then holds `position` positions.
    @discardableResult
    public func evaluate(_ tokens: UnsafeBufferPointer<Int32>, position: Int, logitRows: Int = 1) throws(Failure)
        -> UnsafeMutablePointer<Float> {
        let count = tokens.count
        guard count >= 1, count <= maximumRows else {
            throw Failure(.usage, "\(count) tokens at once; this nest takes 1 to \(maximumRows)")
        }
        guard logitRows >= 0, logitRows <= min(count, maximumLogitRows) else {
            throw Failure(.usage, "\(logitRows) rows of logits for \(count) tokens; this nest gives up to \(maximumLogitRows)")
        }
        guard position >= 0, position <= contextLength - count else {
            throw Failure(.usage, "\(count) tokens at position \(position) leave the context of \(contextLength)")
        }
        guard canResume(at: position) else {
            throw Failure(.usage, "the cache holds \(filled) positions and can't go on at \(position); evaluate from the beginning")
        }
        for token in tokens where token < 0 || Int(token) >= vocabulary {
            throw Failure(.usage, "token \(token) is outside the vocabulary of \(vocabulary)")
        }
        tokenInput.update(from: tokens.baseAddress!, count: count)
        filled = position
        state.begin(rows: count, position: position, logitRows: logitRows)
        try model.run(withLogits: logitRows > 0)
        filled = position + count
        return logits
    }

    /// Whether the next tokens may stand at `position`: it is no further than what has been evaluated, and layers that
    /// see a window only still hold what it covers.
    public func canResume(at position: Int) -> Bool { position >= 0 && state.cache.holds(position: position, filled: filled) }

    // MARK: the cache as data

    /// Bytes of a saved prefix of so many positions.
    public func savedBytes(positions: Int) -> Int { state.cache.savedBytes(positions: positions) }

    /// Copies everything that has been evaluated out of the cache, `savedBytes(positions: filled)` bytes. It can be
    /// restored into a model of the same `identity` whose context is as long.
    public func savePrefix(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard buffer.count == savedBytes(positions: filled) else {
            throw Failure(.usage, "a saved prefix of \(filled) positions takes \(savedBytes(positions: filled)) bytes")
        }
        state.cache.copyPrefix(positions: filled) { cached, offset, bytes in
            (buffer.baseAddress! + offset).copyMemory(from: cached, byteCount: bytes)
        }
    }

    /// Puts a saved prefix back; the next tokens stand at `positions`.
    public func restorePrefix(_ saved: UnsafeRawBufferPointer, positions: Int) throws(Failure) {
        guard positions >= 0, positions <= contextLength, saved.count == savedBytes(positions: positions) else {
            throw Failure(.usage, "a prefix of \(positions) positions does not fit this model and its context of \(contextLength)")
        }
        state.cache.copyPrefix(positions: positions) { cached, offset, bytes in
            cached.copyMemory(from: saved.baseAddress! + offset, byteCount: bytes)
        }
        filled = positions
    }
}
