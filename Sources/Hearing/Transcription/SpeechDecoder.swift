import CLinux
import Platform

/// What the decoder is asked for.
public struct DecodeOptions: Sendable {
    /// The token of the language; nil in models of one language.
    public var language: Int32?
    /// Timestamp tokens among the text's.
    public var hasTimestamps = false
    /// Seconds of speech in the encoded window: bound the text and its timestamps.
    public var seconds: Double

    public init(language: Int32?, seconds: Double, hasTimestamps: Bool = false) {
        self.language = language
        self.seconds = seconds
        self.hasTimestamps = hasTimestamps
    }
}

/// What the decoder heard.
public struct SpeechHypothesis: Sendable {
    /// Why it ended.
    public enum End: Sendable { case endToken, length, repetition, cancelled, otherLanguage }

    /// Without prompt and end token; with timestamps where they were wanted.
    public var tokens: [Int32] = []
    /// Mean of the tokens' log-probabilities, the end's included.
    public var meanLogProbability: Float = 0
    /// The probability that nobody speaks; 0 where the model can't say.
    public var noSpeechProbability: Float = 0
    public var end = End.length
    /// Tokens of the draft that were right.
    public var acceptedTokens = 0
    /// Passes of the decoder.
    public var passes = 0

    public init() {}
}

/// Greedy decoding of what a speech model has encoded, with the guards that keep it from inventing text. A draft is verified
/// many tokens at a time; the text is the same with any draft and without. Not for two threads at a time.
public final class SpeechDecoder {
    public let model: SpeechNetwork
    public let tokens: SpeechTokens
    private let rowsAtOnce: Int
    /// The prompt, then the text so far, then what is left of the draft.
    private let line: UnsafeMutableBufferPointer<Int32>
    private let words: UnsafeMutableBufferPointer<Int32>

    /// More tokens a second than anybody says, and some for a short text.
    private static let tokensPerSecond = 8.0, tokensMore = 8
    private static let longestPrompt = 4

    /// Fails with `badFormat` where the tokens don't fit the model's vocabulary.
    public init(model: SpeechNetwork, tokens: SpeechTokens) throws(Failure) {
        var steering = [tokens.start, tokens.end, tokens.withoutTimestamps, tokens.transcribe ?? 0, tokens.noSpeech ?? 0]
        for language in tokens.languages { steering.append(language.token) }
        for token in steering where token < 0 || Int(token) >= model.vocabulary {
            throw Failure(.badFormat, "token \(token) isn't in the speech model's vocabulary of \(model.vocabulary); compile it again")
        }
        guard model.contextLength > Self.longestPrompt + Self.tokensMore,
              min(model.maximumRows, model.maximumLogitRows) >= Self.longestPrompt else {
            throw Failure(.unsupported, "a speech model whose text ends after \(model.contextLength) tokens")
        }
        rowsAtOnce = min(model.maximumRows, model.maximumLogitRows)
        self.model = model
        self.tokens = tokens
        line = .allocate(capacity: model.contextLength + 1)
        words = .allocate(capacity: model.contextLength + 1)
    }

    deinit {
        line.deallocate()
        words.deallocate()
    }

    /// The probability of a language, as if there were only it and the other, by the logits behind the first token.
    func probability(of language: SpeechLanguage, or other: SpeechLanguage, _ logits: UnsafePointer<Float>) -> Float {
        1 / (1 + expf(logits[Int(other.token)] - logits[Int(language.token)]))
    }

    /// Decodes what has been encoded last.
    /// - Parameters:
    ///   - draft: a guess of the text, such as what was heard of it so far; right tokens cost no pass of their own.
    ///   - accepts: asked once whether the language is right, with the logits behind the first token, which are those of languages.
    public func decode(_ options: DecodeOptions, draft: [Int32] = [], accepts: (UnsafePointer<Float>) -> Bool = { _ in true },
                       isCancelled: () -> Bool = { false }) throws(Failure) -> SpeechHypothesis {
        var result = SpeechHypothesis()
        let prompt = writePrompt(options)
        let rules = TokenRules(tokens, vocabulary: model.vocabulary, timestampsUpTo: options.hasTimestamps ? options.seconds : nil)
        // Timestamps come in pairs around pieces of text; they take room of their own.
        let most = min(model.contextLength - prompt,
                       (Int(options.seconds * Self.tokensPerSecond) + Self.tokensMore) * (options.hasTimestamps ? 2 : 1))
        var known = prompt + copyDraft(draft, at: prompt, most: most), count = prompt, evaluated = 0, wordCount = 0
        var sum: Float = 0
        decoding: while count - prompt < most {
            if isCancelled() {
                result.end = .cancelled
                break
            }
            // Rows whose logits are wanted: the newest token's, and each token's of the draft. The prompt's first says whether anybody
            // speaks.
            let rows = min(known - evaluated, rowsAtOnce)
            let logits = try model.evaluate(UnsafeBufferPointer(start: line.baseAddress! + evaluated, count: rows), position: evaluated,
                                            logitRows: rows)
            result.passes += 1
            if evaluated == 0 {
                guard accepts(logits) else {
                    result.end = .otherLanguage
                    break
                }
                if let token = tokens.noSpeech { result.noSpeechProbability = probability(of: token, logits) }
            }
            let passEnd = evaluated + rows
            while count <= passEnd, count - prompt < most {
                let row = logits + (count - 1 - evaluated) * model.logitStride
                let text = UnsafeBufferPointer(start: line.baseAddress! + prompt, count: count - prompt)
                rules.apply(to: row, after: text)
                let (token, logProbability) = likeliest(row)
                sum += logProbability
                if token == tokens.end {
                    result.end = .endToken
                    break decoding
                }
                let wasDrafted = count < known && line[count] == token
                if wasDrafted { result.acceptedTokens += 1 } else { known = count + 1 }
                line[count] = token
                count += 1
                if token < tokens.end {
                    words[wordCount] = token
                    wordCount += 1
                }
                let kept = RepetitionGuard.kept(UnsafeBufferPointer(start: words.baseAddress, count: wordCount))
                if kept < wordCount {
                    result.end = .repetition
                    count = end(ofWords: kept, from: prompt, count)
                    break decoding
                }
                if !wasDrafted { break }
            }
            evaluated = min(passEnd, count - 1)
        }
        for i in prompt..<count { result.tokens.append(line[i]) }
        result.meanLogProbability = sum / Float(result.tokens.count + 1)
        return result
    }

    /// Its length.
    private func writePrompt(_ options: DecodeOptions) -> Int {
        var count = 0
        func add(_ token: Int32?) {
            guard let token else { return }
            line[count] = token
            count += 1
        }
        add(tokens.start)
        if !tokens.languages.isEmpty {
            add(options.language)
            add(tokens.transcribe)
        }
        if !options.hasTimestamps { add(tokens.withoutTimestamps) }
        return count
    }

    private func copyDraft(_ draft: [Int32], at start: Int, most: Int) -> Int {
        var count = 0
        for token in draft where token >= 0 && Int(token) < model.vocabulary && count < most - 1 {
            line[start + count] = token
            count += 1
        }
        return count
    }

    /// Where the line ends after so many words.
    private func end(ofWords kept: Int, from prompt: Int, _ count: Int) -> Int {
        var seen = 0
        for i in prompt..<count {
            if seen == kept { return i }
            if line[i] < tokens.end { seen += 1 }
        }
        return count
    }

    private func likeliest(_ logits: UnsafeMutablePointer<Float>) -> (token: Int32, logProbability: Float) {
        var best = 0
        for i in 1..<model.vocabulary where logits[i] > logits[best] { best = i }
        return (Int32(best), -logOfSum(logits, largest: logits[best]))
    }

    private func probability(of token: Int32, _ logits: UnsafeMutablePointer<Float>) -> Float {
        var largest = -Float.infinity
        for i in 0..<model.vocabulary { largest = max(largest, logits[i]) }
        return expf(logits[Int(token)] - largest - logOfSum(logits, largest: largest))
    }

    /// log Σ exp(logit − largest). What is 20 below the largest adds nothing that float32 would notice: most of the vocabulary.
    private func logOfSum(_ logits: UnsafeMutablePointer<Float>, largest: Float) -> Float {
        var sum: Float = 0
        for i in 0..<model.vocabulary where logits[i] > largest - 20 { sum += expf(logits[i] - largest) }
        return logf(sum)
    }
}
