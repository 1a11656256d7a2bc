import Engine
import Nest
import Platform
import Tokenizer

extension SpeechRunner: SpeechNetwork {}

/// A speech model's nest made ready to transcribe: runner, tokenizer, tokens and mel filters, which all come with the model.
public final class SpeechSession {
    /// For one window at a time: with a spectrogram, what a listener needs.
    public let window: WindowTranscriber
    private let bank: UnsafeBufferPointer<Float>
    private let bands: Int
    /// Keeps the filters' memory.
    private let model: Model

    /// Fails with `usage` where the nest is no speech model, with `badFormat` where what belongs to one is damaged.
    public init(_ model: Model) throws(Failure) {
        let nest = model.nest, runner = try SpeechRunner(model)
        let tokenizer = try Tokenizer(try Self.chunk("speech.tokenizer", nest), owner: nest, name: nest.name)
        let bytes = try Self.chunk("speech.mel", nest)
        guard bytes.count == runner.melBins * MelSpectrogram.bins * 4 else {
            throw Failure(.badFormat, "\(nest.name): its mel filters have \(bytes.count) bytes; compile the model again")
        }
        self.model = model
        bank = bytes.bindMemory(to: Float.self)
        bands = runner.melBins
        window = WindowTranscriber(decoder: try SpeechDecoder(model: runner, tokens: try SpeechTokens(nest, tokenizer))) { token, bytes in
            tokenizer.append(Int(token), to: &bytes)
        }
    }

    /// For whole sounds.
    public func transcriber() throws(Failure) -> Transcriber { try Transcriber(window, try spectrogram()) }

    /// A spectrogram of the longest window that `window` takes, and of `seconds` more.
    public func spectrogram(moreSeconds seconds: Int = 0) throws(Failure) -> MelSpectrogram {
        try MelSpectrogram(bank: bank, bands: bands, capacity: window.longest + seconds * MelSpectrogram.frameRate)
    }

    /// For sound as it comes.
    public func listener(_ sound: LiveSound, _ options: ListeningOptions) throws(Failure) -> Listener {
        try Listener(sound, window, try spectrogram(moreSeconds: Listener.secondsMore), options)
    }

    /// A chunk that a metadata key numbers, checked against its CRC; it lives as long as the nest.
    private static func chunk(_ key: String, _ nest: NestReader) throws(Failure) -> UnsafeRawBufferPointer {
        guard let text = nest.metadata(key), let chunk = Int(text), nest.chunks.indices.contains(chunk) else {
            throw Failure(.badFormat, "\(nest.name): the chunk of \(key) isn't there; compile the model again")
        }
        try nest.verify(chunk: chunk)
        return nest.chunk(chunk)
    }
}

extension SpeechTokens {
    /// Those of a nest, by their names in its tokenizer and by its metadata. Fails with `badFormat` where one is missing.
    init(_ nest: NestReader, _ tokenizer: Tokenizer) throws(Failure) {
        func token(_ name: StaticString) throws(Failure) -> Int32 {
            guard let id = tokenizer.special(name) else {
                throw Failure(.badFormat, "\(nest.name): its tokenizer has no \(name); it is no Whisper model's")
            }
            return Int32(clamping: id)
        }
        let start = try token("<|startoftranscript|>")
        var languages: [SpeechLanguage] = []
        for code in split(nest.metadata("speech.languages") ?? "", at: ",") where !code.isEmpty && languages.count < 200 {
            languages.append(SpeechLanguage(code: code, token: start + 1 + Int32(languages.count)))
        }
        self.init(start: start, end: try token("<|endoftext|>"), transcribe: languages.isEmpty ? nil : try token("<|transcribe|>"),
                  withoutTimestamps: try token("<|notimestamps|>"),
                  noSpeech: (tokenizer.special("<|nospeech|>") ?? tokenizer.special("<|nocaptions|>")).map { Int32(clamping: $0) },
                  languages: languages, suppressed: Self.ids(nest.metadata("speech.suppress")),
                  suppressedAtStart: Self.ids(nest.metadata("speech.suppress.begin")))
    }

    private static func ids(_ text: String?) -> [Int32] {
        var ids: [Int32] = []
        for part in split(text ?? "", at: ",") {
            if let id = Int32(part, radix: 10) { ids.append(id) }
        }
        return ids
    }
}
