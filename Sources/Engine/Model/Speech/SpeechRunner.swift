import CLinux
import Kernels
import Nest
import Platform

/// A speech model that runs: an encoder over log-mel frames, once an utterance, and a decoder over tokens. Not to be used from
/// two threads at once.
public final class SpeechRunner {
    public let model: Model
    private let state: LanguageState
    private let tokenInput: UnsafeMutablePointer<Int32>, positionInput: UnsafeMutablePointer<Int32>
    private let melInput: UnsafeMutablePointer<Float>, biasInput: UnsafeMutablePointer<Float>
    private let logits: UnsafeMutablePointer<Float>
    private let encoderSteps: Int
    /// Mel bands of a frame.
    public let melBins: Int
    /// Mel frames of the longest utterance: 3000 are 30 s.
    public let maximumFrames: Int
    /// Tokens that there are. A row of logits is this long; rows lie `logitStride` apart.
    public let vocabulary: Int, logitStride: Int
    /// Positions of the decoder.
    public let contextLength: Int
    /// Positions of the decoder that have been evaluated since `encode`.
    public private(set) var filled = 0
    /// Whether an utterance has been encoded.
    private var isEncoded = false

    /// Fails with `usage` where the model is no speech model, with `budget` where its weights would have to be streamed.
    public init(_ model: Model) throws(Failure) {
        let program = model.program
        guard let state = model.language, program.isOfSpeech else {
            throw Failure(.usage, "\(model.nest.name) is no speech model")
        }
        // The encoder and the decoder pass over the weights each in its own time, a conveyor over all of them in order.
        guard model.memory.streamedWeightBytes == 0 else {
            throw Failure(.budget, "\(model.nest.name): a speech model can't be streamed; its weights take \(megabytes(model.weightBytes))")
        }
        guard let encoderSteps = program.encoderSteps, program.inputs.count == 4, program.outputs.count == 1 else {
            throw Failure(.badFormat, "\(model.nest.name): its program isn't an encoder followed by a decoder")
        }
        let positions = model.inputRecord(1), mel = model.inputRecord(2), bias = model.inputRecord(3), output = model.outputRecord(0)
        let frames = state.maximumFrameRows
        guard positions.type == .int32, positions.pixels == frames, positions.channels == 1, positions.pixelStride == 1,
              mel.type == .float32, mel.pixels == frames + 1, mel.pixelStride == mel.channels, mel.channels % 2 == 0,
              bias.type == .float32, bias.pixels == frames, bias.channels == 1, bias.pixelStride == 1, bias.storage == .state,
              output.type == .float32, output.channels >= 1 else {
            throw Failure(.badFormat, "\(model.nest.name): its inputs and outputs aren't those of a speech model")
        }
        self.model = model
        self.state = state
        self.encoderSteps = encoderSteps
        melBins = Int(mel.channels) / 2
        maximumFrames = 2 * frames
        vocabulary = Int(output.channels)
        logitStride = Int(output.pixelStride)
        contextLength = min(state.cache.context, program.decoderSlots)
        tokenInput = model.input(0).baseAddress!.assumingMemoryBound(to: Int32.self)
        positionInput = model.input(1).baseAddress!.assumingMemoryBound(to: Int32.self)
        melInput = model.input(2).baseAddress!.assumingMemoryBound(to: Float.self)
        biasInput = model.input(3).baseAddress!.assumingMemoryBound(to: Float.self)
        logits = UnsafeMutablePointer(mutating: model.output(0).baseAddress!.assumingMemoryBound(to: Float.self))
    }

    /// Loads a nest; fails as `Model` does.
    public convenience init(path: String, options: ModelOptions = ModelOptions(), kernels: KernelTable, pool: ThreadPool) throws(Failure) {
        try self.init(try Model(path: path, options: options, kernels: kernels, pool: pool))
    }

    /// Most tokens of one `evaluate`, and most rows of logits that it gives.
    public var maximumRows: Int { state.maximumRows }
    public var maximumLogitRows: Int { state.maximumLogitRows }

    /// Encodes an utterance, so that `evaluate` can begin at position 0.
    ///
    /// - Parameters:
    ///   - mel: log-mel frames, row-major [frame][melBins], as Whisper's front end gives them.
    ///   - frames: frames that positions of their own stand for, two each; even, at most `maximumFrames`.
    ///   - tailStride: 0: the model hears these frames and nothing more. Otherwise the rest of the 30 s is silence, which one
    ///     position for each `tailStride` (of 20 ms) stands for; `mel` then has four frames more, and its frames are silence
    ///     from a little before `frames` on.
    ///   - isCancelled: asked often, also so that somebody can take sound in while the encoder works.
    /// - Returns: false where it was cancelled: then nothing is encoded.
    /// Fails with `usage` where numbers are outside their bounds, otherwise as `Model.run` does.
    @discardableResult
    public func encode(_ mel: UnsafeBufferPointer<Float>, frames: Int, tailStride: Int, isCancelled: () -> Bool = { false })
        throws(Failure) -> Bool {
        guard frames >= 2, frames % 2 == 0, frames <= maximumFrames else {
            throw Failure(.usage, "\(frames) mel frames; this nest takes an even number from 2 to \(maximumFrames)")
        }
        guard tailStride >= 0 else { throw Failure(.usage, "a tail of one position for \(tailStride)") }
        let stride = min(tailStride, maximumFrames)
        let rows = frames / 2, hasTail = tailStride > 0 && rows < maximumFrames / 2
        let given = (frames + (hasTail ? 4 : 0)) * melBins
        guard mel.count >= given else {
            throw Failure(.usage, "\(mel.count) mel values; \(frames) frames\(hasTail ? " and four of silence" : "") have \(given)")
        }
        isEncoded = false
        filled = 0
        let stem = hasTail ? rows + 1 : rows, room = (stem + 1) * 2 * melBins
        melInput.update(from: mel.baseAddress!, count: min(given, room))
        (melInput + min(given, room)).update(repeating: 0, count: room - min(given, room))
        for row in 0..<rows {
            positionInput[row] = Int32(row)
            biasInput[row] = 0
        }
        let tail = hasTail ? placeTail(after: rows, stride: stride) : 0
        state.beginFrames(rows: rows + tail, stem: stem, isBiased: tail > 0)
        isEncoded = try model.run(0..<encoderSteps, isCancelled: isCancelled)
        return isEncoded
    }

    /// The silence up to the end of the window, in equal parts: each is heard at its middle and weighs as much as it is long.
    private func placeTail(after rows: Int, stride: Int) -> Int {
        let window = maximumFrames / 2, silent = window - rows
        let count = max(1, (silent + stride / 2) / stride), span = Float(silent) / Float(count)
        for part in 0..<count {
            positionInput[rows + part] = Int32(min(Float(rows) + (Float(part) + 0.5) * span, Float(window - 1)))
            biasInput[rows + part] = logf(span)
        }
        return count
    }

    /// Runs `tokens` at positions `position`, `position` + 1, …; what was evaluated from `position` on is replaced.
    /// - Parameter logitRows: rows of logits wanted, for the last tokens; 0 spares the head.
    /// - Returns: the first of these rows, `logitStride` apart; good, and the caller's to change, until the next call.
    /// Fails with `usage` where nothing has been encoded, or tokens or positions are outside their bounds.
    @discardableResult
    public func evaluate(_ tokens: UnsafeBufferPointer<Int32>, position: Int, logitRows: Int) throws(Failure)
        -> UnsafeMutablePointer<Float> {
        let count = tokens.count
        guard isEncoded else { throw Failure(.usage, "no utterance has been encoded") }
        guard count >= 1, count <= maximumRows else {
            throw Failure(.usage, "\(count) tokens at once; this nest takes 1 to \(maximumRows)")
        }
        guard logitRows >= 0, logitRows <= min(count, maximumLogitRows) else {
            throw Failure(.usage, "\(logitRows) rows of logits for \(count) tokens; this nest gives up to \(maximumLogitRows)")
        }
        guard position >= 0, position <= filled, position <= contextLength - count else {
            throw Failure(.usage, "\(count) tokens can't stand at position \(position) of \(filled) in a context of \(contextLength)")
        }
        for token in tokens where token < 0 || Int(token) >= vocabulary {
            throw Failure(.usage, "token \(token) is outside the vocabulary of \(vocabulary)")
        }
        tokenInput.update(from: tokens.baseAddress!, count: count)
        filled = position
        state.begin(rows: count, position: position, logitRows: logitRows)
        try model.run(encoderSteps..<(logitRows > 0 ? model.program.instructions.count : model.program.stepsBeforeLogits))
        filled = position + count
        return logits
    }
}
