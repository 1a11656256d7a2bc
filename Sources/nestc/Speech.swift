import ArgumentParser
import Engine
import Foundation
import Kernels
import Platform

struct Speech: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a speech model predicts after each token of given texts, and how long that takes.",
        discussion: "A line of the list is an utterance: a file of log-mel frames (float32, [frame][band]), the frames that the "
            + "encoder gets, the stride of the silence tail (0: none), and the tokens. Each gives a line 'utterance', with the encoder's "
            + "and the decoder's microseconds, the latter a token, and a line for every token: the likeliest next one and the "
            + "logarithm of the real one's probability.")

    @Argument(help: "The .nest file of a speech model.")
    var model: String

    @Option(help: "The list of utterances.")
    var utterances: String

    @OptionGroup var computing: ComputingOptions

    @Option(help: "Tokens evaluated at once; fewer show how fast single ones are.")
    var rows = 1

    @Option(help: "How often each utterance is encoded; the fastest counts.")
    var repeats = 1

    func run() throws {
        var options = ModelOptions()
        options.activationBits = computing.activations
        let table = try computing.table()
        let pool = try ThreadPool(threads: computing.threads)
        let runner = try SpeechRunner(path: model, options: options, kernels: table, pool: pool)
        let lines = try String(decoding: File.read(utterances), as: UTF8.self).split(separator: "\n")
        for line in lines { try hear(line.split(separator: " ").map(String.init), runner) }
    }

    private func hear(_ words: [String], _ runner: SpeechRunner) throws {
        guard words.count > 3, let frames = Int(words[1]), let stride = Int(words[2]) else {
            throw Failure(.usage, "\(utterances): a line has no file, frames, stride and tokens")
        }
        let tokens = words.dropFirst(3).compactMap { Int32($0) }
        guard tokens.count == words.count - 3 else { throw Failure(.usage, "\(utterances): a token is no number") }
        let bytes = try File.read(words[0])
        let mel = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
        var encoding = Int64.max
        for _ in 0..<max(1, repeats) {
            let start = monotonicNanoseconds()
            _ = try mel.withUnsafeBufferPointer { (mel) throws(Failure) in try runner.encode(mel, frames: frames, tailStride: stride) }
            encoding = min(encoding, monotonicNanoseconds() - start)
        }
        var first = 0, shown: [String] = []
        let start = monotonicNanoseconds()
        while first < tokens.count {
            let count = min(rows, runner.maximumLogitRows, tokens.count - first)
            let logits = try tokens[first..<first + count].withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.evaluate(part, position: first, logitRows: count)
            }
            for row in 0..<count {
                let judged = Prediction(logits + row * runner.logitStride, runner.vocabulary), next = first + row + 1
                shown.append("\(judged.best)" + (next < tokens.count ? " \(judged.logarithm(of: Int(tokens[next])))" : ""))
            }
            first += count
        }
        let decoding = monotonicNanoseconds() - start
        say("utterance \(encoding / 1000) \(decoding / 1000 / Int64(tokens.count))")
        for (position, text) in shown.enumerated() { say("\(position) \(text)") }
    }
}
