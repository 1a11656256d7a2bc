import ArgumentParser
import ModelCompiler
import Platform

struct Synthetic: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a language model of any size with random weights, to measure budgets with.",
        discussion: "The file is made chunk by chunk; memory holds no more than one matrix. It has no tokenizer: measure it with nestc "
            + "perplexity.")

    @Option(help: "Megabytes of weights, about.")
    var megabytes: Int

    @Option(help: "The most tokens of one run.")
    var rows = 64

    @Option(name: .shortAndLong, help: "The file to write.")
    var output: String

    func run() throws {
        guard (16...64_000).contains(megabytes) else { throw ValidationError("--megabytes takes 16 to 64000.") }
        try lower(try SyntheticTransformer.model(weightBytes: megabytes * 1_000_000),
                  options: TransformerOptions(rows: rows)).write(to: output)
    }
}
