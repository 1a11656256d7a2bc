import Platform

/// A guess of what a window will be heard as, such as what was heard of the same speech so far. The text is the same with any.
public struct SpeechDraft: Sendable {
    public var tokens: [Int32] = []
    /// Nil: nobody knows.
    public var language: SpeechLanguage?

    /// No guess.
    public init() {}

    init(tokens: [Int32], language: SpeechLanguage?) {
        self.tokens = tokens
        self.language = language
    }
}

/// What was heard in a window.
public struct WindowTranscript: Sendable {
    /// The frames that may hold speech; what else was in the window is silence.
    public var frames: Range<Int>
    /// Pieces of text with their times, seconds from the spectrogram's first frame; none where nobody speaks.
    public var pieces: [TranscriptSegment]
    /// For the next time that more of the same speech is heard.
    public var draft: SpeechDraft
    /// False where it was cancelled: then the draft is what was found so far.
    public var isWhole: Bool
}

/// Transcribes one window of features at a time: encodes as much as is said, with a tail of silence for the rest of the model's
/// 30 s, finds the language, decodes. Speech that is still going on can be transcribed again and again, each time with the
/// tokens of the time before as the draft. Not for two threads at a time.
public final class WindowTranscriber {
    let decoder: SpeechDecoder
    /// The bytes a token stands for.
    private let bytes: (Int32, inout [UInt8]) -> Void
    private let features: UnsafeMutablePointer<Float>
    private var model: SpeechNetwork { decoder.model }

    /// Silence after the speech, frames, before the weighted tail; the last words are lost without.
    static let padding = 50
    /// Windows are so many frames or a multiple of it.
    private static let step = 100
    /// Frames behind the window that the model's convolutions see.
    private static let framesBehind = 4
    /// Positions of the encoder that one position of the tail stands for.
    private static let tailStride = 256
    /// For a doubtful text: 10 s at least, and a finer tail.
    private static let longer = 1000, finerTail = 64
    /// Nobody speaks where the model says so and isn't sure of the text either.
    private static let noSpeech: Float = 0.6, doubtful: Float = -1
    /// English where that is so much of its and of Chinese's probability: Chinese clips with English words have up to 0.89,
    /// clips in English 0.999 and more.
    private static let sureOfEnglish: Float = 0.95

    /// - Parameter bytes: appends a token's bytes.
    public init(decoder: SpeechDecoder, bytes: @escaping (Int32, inout [UInt8]) -> Void) {
        self.decoder = decoder
        self.bytes = bytes
        features = .allocate(capacity: (decoder.model.maximumFrames + Self.framesBehind) * decoder.model.melBins)
    }

    deinit { features.deallocate() }

    /// Most frames of a window.
    public var longest: Int { model.maximumFrames - Self.padding }

    /// Fails with `usage` for a language that the model doesn't know.
    public func check(_ language: SpokenLanguage) throws(Failure) {
        let tokens = decoder.tokens
        guard case .code(let code) = language, tokens.language(code) == nil else { return }
        if tokens.languages.isEmpty, code == "en" { return }
        throw Failure(.usage, tokens.languages.isEmpty ? "the model knows English alone, not \(code)"
                      : "the model doesn't know the language \(code); a code such as zh or en is expected")
    }

    /// What is said in at most `longest` frames of a spectrogram; nil where it is too quiet to be understood, which costs nothing.
    /// Fails as the model does.
    /// - Parameters:
    ///   - retries: asked whether a doubtful text is to be heard once more, in a longer window. Who hears the same speech again soon
    ///     does without.
    ///   - isCancelled: asked often, at the latest after each step of the encoder and each pass of the decoder. Whoever listens takes
    ///     new sound in meanwhile and may append to `mel`.
    public func transcribe(_ mel: MelSpectrogram, _ range: Range<Int>, _ options: TranscriptionOptions, draft: SpeechDraft = SpeechDraft(),
                           retries: () -> Bool = { true }, _ statistics: inout TranscriptionStatistics,
                           isCancelled: () -> Bool = { false }) throws(Failure) -> WindowTranscript? {
        guard let audible = SpeechSpan(powers: UnsafeBufferPointer(rebasing: mel.framePowers[range])).audible else { return nil }
        let span = audible.lowerBound + range.lowerBound..<audible.upperBound + range.lowerBound
        let seconds = Double(span.count) / Double(MelSpectrogram.frameRate)
        let fitting = min(model.maximumFrames, (span.count + Self.padding + Self.step - 1) / Self.step * Self.step)
        var (found, language) = try hear(mel, span, frames: fitting, tailStride: Self.tailStride, options, draft, &statistics,
                                         isCancelled)
        // Now and then a text breaks off early, which a longer window mends. Where nobody speaks there is nothing to find.
        if found.end != .cancelled, found.meanLogProbability < Self.doubtful, found.noSpeechProbability <= Self.noSpeech,
           fitting < model.maximumFrames, retries() {
            let longer = min(model.maximumFrames, max(Self.longer, fitting + 2 * Self.padding))
            let (other, itsLanguage) = try hear(mel, span, frames: longer, tailStride: Self.finerTail, options,
                                                SpeechDraft(tokens: [], language: language), &statistics, isCancelled)
            if other.meanLogProbability > found.meanLogProbability || other.end == .cancelled { (found, language) = (other, itsLanguage) }
        }
        statistics.windows += 1
        statistics.tokens += found.tokens.count
        let result = WindowTranscript(frames: span, pieces: pieces(found, span, seconds, language, options.script),
                                      draft: SpeechDraft(tokens: found.tokens, language: language), isWhole: found.end != .cancelled)
        if result.pieces.isEmpty { statistics.emptyWindows += 1 }
        return result
    }

    /// Encodes the frames of a span with silence behind, an even number in all, and decodes.
    private func hear(_ mel: MelSpectrogram, _ span: Range<Int>, frames: Int, tailStride: Int, _ options: TranscriptionOptions,
                      _ draft: SpeechDraft, _ statistics: inout TranscriptionStatistics, _ isCancelled: () -> Bool) throws(Failure)
        -> (SpeechHypothesis, SpeechLanguage?) {
        let before = monotonicNanoseconds()
        mel.read(span, silence: frames + Self.framesBehind - span.count, into: features)
        let prepared = monotonicNanoseconds()
        let isEncoded = try model.encode(UnsafeBufferPointer(start: features, count: (frames + Self.framesBehind) * model.melBins),
                                         frames: frames, tailStride: tailStride, isCancelled: isCancelled)
        let encoded = monotonicNanoseconds()
        statistics.featureNanoseconds += prepared - before
        statistics.encoderNanoseconds += encoded - prepared
        guard isEncoded else {
            var nothing = SpeechHypothesis()
            nothing.end = .cancelled
            return (nothing, nil)
        }
        let result = try decode(options, draft, seconds: Double(span.count) / Double(MelSpectrogram.frameRate), isCancelled)
        statistics.decoderNanoseconds += monotonicNanoseconds() - encoded
        return result
    }

    /// Decodes in the language that is asked for. Which one that is where the model chooses comes of the pass that verifies the draft.
    private func decode(_ options: TranscriptionOptions, _ draft: SpeechDraft, seconds: Double, _ isCancelled: () -> Bool) throws(Failure)
        -> (SpeechHypothesis, SpeechLanguage?) {
        let tokens = decoder.tokens
        func decode(_ language: SpeechLanguage?, accepts: (UnsafePointer<Float>) -> Bool = { _ in true }) throws(Failure)
            -> SpeechHypothesis {
            try decoder.decode(DecodeOptions(language: language?.token, seconds: seconds, hasTimestamps: options.hasTimestamps),
                               draft: draft.tokens, accepts: accepts, isCancelled: isCancelled)
        }
        let language: SpeechLanguage?
        switch options.language {
        case .code(let code): language = tokens.language(code)
        case .mixed: language = tokens.language("zh") ?? tokens.languages.first
        case .automatic:
            guard let chinese = tokens.language("zh"), let english = tokens.language("en") else {
                language = tokens.languages.first
                break
            }
            let guess = draft.language?.token == english.token ? english : chinese
            var spoken = guess
            let first = try decode(guess) { logits in
                spoken = decoder.probability(of: english, or: chinese, logits) > Self.sureOfEnglish ? english : chinese
                return spoken.token == guess.token
            }
            return first.end == .otherLanguage ? (try decode(spoken), spoken) : (first, spoken)
        }
        return (try decode(language), language)
    }

    private func pieces(_ hypothesis: SpeechHypothesis, _ span: Range<Int>, _ seconds: Double, _ language: SpeechLanguage?,
                        _ script: ChineseScript) -> [TranscriptSegment] {
        if hypothesis.noSpeechProbability > Self.noSpeech, hypothesis.meanLogProbability < Self.doubtful { return [] }
        let start = Double(span.lowerBound) / Double(MelSpectrogram.frameRate)
        var result: [TranscriptSegment] = []
        for piece in Segments.pieces(hypothesis.tokens, decoder.tokens, seconds: seconds) {
            let text = text(of: piece.tokens, script)
            if text.isEmpty { continue }
            result.append(TranscriptSegment(start: start + piece.start, end: start + piece.end, text: text,
                                            language: language?.code ?? "en", meanLogProbability: hypothesis.meanLogProbability,
                                            noSpeechProbability: hypothesis.noSpeechProbability))
        }
        return result
    }

    private func text(of tokens: [Int32], _ script: ChineseScript) -> String {
        var text: [UInt8] = []
        for token in tokens { bytes(token, &text) }
        // A piece begins with the space before its first word.
        let trimmed = text.drop { $0 == 32 }
        return String(decoding: script.convert(Array(trimmed)), as: UTF8.self)
    }
}
