import CLinux

/// Which tokens may come next, as the reference implementation of Whisper has it (openai/whisper, `decoding.py`): what is
/// suppressed, and where timestamps are wanted, their pairs and their order.
struct TokenRules {
    let tokens: SpeechTokens
    let vocabulary: Int
    /// Timestamps are wanted, up to this one; nil: none.
    let lastTimestamp: Int32?
    /// The first timestamp is at most a second.
    private static let latestStart: Int32 = 50

    init(_ tokens: SpeechTokens, vocabulary: Int, timestampsUpTo seconds: Double?) {
        self.tokens = tokens
        self.vocabulary = vocabulary
        lastTimestamp = seconds.map {
            let last = tokens.firstTimestamp + Int32(max(0, min(30, $0)) * Double(SpeechTokens.timestampRate))
            return min(last, Int32(vocabulary) - 1)
        }
    }

    /// Makes impossible tokens so in a row of logits.
    /// - Parameter text: the tokens chosen so far, without the prompt.
    func apply(to logits: UnsafeMutablePointer<Float>, after text: UnsafeBufferPointer<Int32>) {
        forbid(logits, tokens.suppressed)
        if text.isEmpty { forbid(logits, tokens.suppressedAtStart) }
        guard let lastTimestamp else { return forbid(logits, tokens.end + 1, Int32(vocabulary)) }
        let first = tokens.firstTimestamp
        forbid(logits, tokens.end + 1, first)
        forbid(logits, lastTimestamp + 1, Int32(vocabulary))
        if text.isEmpty {
            forbid(logits, 0, first)
            forbid(logits, first + Self.latestStart + 1, Int32(vocabulary))
            return
        }
        let isLast = text[text.count - 1] >= first, isBeforeLast = text.count < 2 || text[text.count - 2] >= first
        if isLast {
            // Pairs: after an end comes a start, after a start text.
            if isBeforeLast { forbid(logits, first, Int32(vocabulary)) } else { forbid(logits, 0, tokens.end) }
        }
        if let newest = text.last(where: { $0 >= first }) {
            // A pair's start may be the end before it; an end is later than its start.
            forbid(logits, first, isLast && !isBeforeLast ? newest : newest + 1)
        }
        if timestampIsLikelier(logits) { forbid(logits, 0, first) }
    }

    /// All timestamps together are likelier than the likeliest text token.
    private func timestampIsLikelier(_ logits: UnsafeMutablePointer<Float>) -> Bool {
        let first = Int(tokens.firstTimestamp)
        var text = -Float.infinity, time = -Float.infinity
        for i in 0..<first { text = max(text, logits[i]) }
        for i in first..<vocabulary { time = max(time, logits[i]) }
        guard time > -.infinity else { return false }
        var sum: Float = 0
        for i in first..<vocabulary { sum += expf(logits[i] - time) }
        return time + logf(sum) > text
    }

    private func forbid(_ logits: UnsafeMutablePointer<Float>, _ list: [Int32]) {
        for token in list where token >= 0 && Int(token) < vocabulary { logits[Int(token)] = -.infinity }
    }

    private func forbid(_ logits: UnsafeMutablePointer<Float>, _ from: Int32, _ to: Int32) {
        for i in Int(max(0, from))..<max(Int(max(0, from)), min(vocabulary, Int(to))) { logits[i] = -.infinity }
    }
}
