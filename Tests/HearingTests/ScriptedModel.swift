import Hearing
import Platform

/// A speech model whose answers are written down: after a text the next token is the scripted one, whatever was said.
final class ScriptedModel: SpeechNetwork {
    let melBins = 80, maximumFrames = 3000, vocabulary = 200, logitStride = 208, contextLength = 64, maximumRows = 16, maximumLogitRows = 16
    /// The text's tokens; at their end the end token comes.
    var script: [Int32] = []
    /// Logits that win over the script's, by position in the text.
    var temptations: [Int: [(token: Int32, logit: Float)]] = [:]
    /// Of the first row: languages and "nobody speaks".
    var firstRow: [(token: Int32, logit: Float)] = []
    /// How far the scripted token stands out.
    var certainty: Float = 20
    private(set) var encodedFrames: [Int] = []
    private(set) var encoded: [[Float]] = []
    private(set) var evaluations: [(tokens: [Int32], position: Int)] = []
    private var line = [Int32](repeating: -1, count: 64)
    private let logits = UnsafeMutablePointer<Float>.allocate(capacity: 16 * 208)

    deinit { logits.deallocate() }

    /// Of one `encode`, before each of which it asks whether to go on.
    var encoderSteps = 4
    /// Called with every step of the encoder and every pass of the decoder: what work costs.
    var works: () -> Void = {}
    /// The script by how much was encoded, frames.
    var scriptOfFrames: ((Int) -> [Int32])?

    func encode(_ mel: UnsafeBufferPointer<Float>, frames: Int, tailStride: Int, isCancelled: () -> Bool) throws(Failure) -> Bool {
        precondition(frames % 2 == 0 && frames <= maximumFrames && mel.count == (frames + 4) * melBins)
        for _ in 0..<encoderSteps {
            if isCancelled() { return false }
            works()
        }
        if let scriptOfFrames { script = scriptOfFrames(frames) }
        encodedFrames.append(frames)
        encoded.append(Array(mel))
        return true
    }

    func evaluate(_ tokens: UnsafeBufferPointer<Int32>, position: Int, logitRows: Int) throws(Failure) -> UnsafeMutablePointer<Float> {
        precondition(position + tokens.count <= contextLength && logitRows <= tokens.count && tokens.count <= maximumRows)
        works()
        evaluations.append((Array(tokens), position))
        for (i, token) in tokens.enumerated() { line[position + i] = token }
        for row in 0..<logitRows { fill(logits + row * logitStride, after: position + tokens.count - logitRows + row) }
        return logits
    }

    /// What follows the token at a position: the script goes on only behind the prompt and behind its own tokens.
    private func fill(_ row: UnsafeMutablePointer<Float>, after position: Int) {
        row.update(repeating: 0, count: vocabulary)
        guard position > 0 else { return firstRow.forEach { row[Int($0.token)] = $0.logit } }
        let prompt = (line[...position].lastIndex { steering.contains($0) } ?? -1) + 1
        let place = position + 1 - prompt
        guard place >= 0 else { return }
        let isOnScript = zip(line[prompt..<prompt + place], script).allSatisfy(==)
        let next = isOnScript && place < script.count ? script[place] : testTokens.end
        row[Int(next)] = certainty
        for (token, logit) in temptations[place] ?? [] { row[Int(token)] = logit }
    }

    private let steering: Set<Int32> = [101, 102, 103, 104, 105]
}

/// Text below 100; timestamps from 106 to the vocabulary's end: 1.86 s.
let testTokens = SpeechTokens(start: 101, end: 100, transcribe: 104, withoutTimestamps: 105, noSpeech: 99,
                              languages: [SpeechLanguage(code: "en", token: 102), SpeechLanguage(code: "zh", token: 103)],
                              suppressed: [90, 91, 5000, -1], suppressedAtStart: [32])
