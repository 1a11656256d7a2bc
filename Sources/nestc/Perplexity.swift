import ArgumentParser
import Engine
import Foundation
import Kernels
import Platform

struct Perplexity: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Perplexity of a language model on a list of tokens, and what it predicts after each of them.",
        discussion: "Tokens that leave the context begin it anew. With --predictions, a line for every token: the most likely next token "
            + "and the logarithm of the real one's probability.")

    @Argument(help: "The .nest file of a language model.")
    var model: String

    @Option(help: "A file of token ids, separated by white space.")
    var tokens: String

    @Option(help: "Positions of the context.")
    var context = 512

    @Option(help: "Most bytes of the process.")
    var budget: Int?

    @OptionGroup var computing: ComputingOptions

    @Option(help: "Tokens evaluated at once; as many as the nest gives logits for if not given.")
    var rows: Int?

    @Flag(help: "A line for every token.")
    var predictions = false

    func run() throws {
        let ids = try String(decoding: File.read(tokens), as: UTF8.self).split(whereSeparator: \.isWhitespace).map { word in
            guard let id = Int32(word) else { throw Failure(.usage, "\(tokens): '\(word)' is no token") }
            return id
        }
        guard ids.count > 1 else { throw Failure(.usage, "\(tokens): two tokens or more are needed") }
        var options = ModelOptions()
        options.contextLength = context
        if let budget { try options.keepProcess(within: budget) }
        options.activationBits = computing.activations
        let table = try computing.table()
        let runner = try LanguageRunner(path: model, options: options, kernels: table, pool: try ThreadPool(threads: computing.threads))
        let most = max(1, min(rows ?? .max, runner.maximumLogitRows))
        var sum = 0.0, first = 0, position = 0
        let start = monotonicNanoseconds()
        while first < ids.count {
            if position + 1 > runner.contextLength { position = 0 }
            let count = min(most, ids.count - first, runner.contextLength - position)
            let logits = try ids[first..<first + count].withUnsafeBufferPointer { (tokens) throws(Failure) in
                try runner.evaluate(tokens, position: position, logitRows: count)
            }
            for row in 0..<count where first + row + 1 < ids.count {
                let judged = Prediction(logits + row * runner.logitStride, runner.vocabulary)
                let logarithm = judged.logarithm(of: Int(ids[first + row + 1]))
                if predictions { say("\(first + row) \(judged.best) \(logarithm)") }
                sum -= logarithm
            }
            first += count
            position += count
        }
        let seconds = Double(monotonicNanoseconds() - start) / 1e9
        say(String(format: "perplexity %.4f over %d tokens, %.1f tokens/s with %@ kernels, %d at once, resident %.1f MB, streamed %d "
                   + "bytes, %d stalls",
                     exp(sum / Double(ids.count - 1)), ids.count - 1, Double(ids.count) / seconds, table.name, most,
                         Double(ProcessMemory.peak) / 1e6,
                     runner.counters.streamedBytes, runner.counters.stalls))
    }
}
