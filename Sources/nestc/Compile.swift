import ArgumentParser
import Foundation
import ModelCompiler
import Nest
import Platform

enum WeightType: String, ExpressibleByArgument, CaseIterable { case int8, float }

struct Compile: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Compile a TFLite, ONNX or PyTorch model into a .nest file.")

    @Argument(help: "The model: .tflite, .onnx or .pth.")
    var source: String

    @Option(name: .shortAndLong, help: "The file to write.")
    var output: String

    @Option(help: "The model's name in the nest; the file's name if not given.")
    var name: String?

    @Option(help: "Labels: one a line, or JSON.")
    var labels: String?

    @Option(help: "Batch sizes, one program each.")
    var batch: [Int] = [1]

    @Flag(help: "Leave batch normalisation, activations and additions instructions of their own, to measure what fusion gains.")
    var noFuse = false

    @Option(help: "Join pointwise and depthwise convolutions where the tensor between them has at least this many bytes.")
    var pairs: Int?

    @Option(help: "Metadata KEY=VALUE to set, for example image.mean=127,127,127.")
    var set: [String] = []

    func validate() throws {
        guard !batch.isEmpty, batch.allSatisfy({ (1...64).contains($0) }) else { throw ValidationError("--batch takes sizes from 1 to 64.") }
    }

    func run() throws {
        let graph = try Importer.load(path: source, options: try importOptions())
        let options = CompilationOptions(name: graph.metadata["name"] ?? "model", fuses: !noFuse, pairMinimumBytes: pairs, batches: batch)
        let nest = try Compilation.compile(graph, options)
        try NestWriter.write(nest.contents, to: output)
        for program in nest.programs {
            note("batch \(program.program.batch): \(program.program.instructions.count) instructions, arena \(program.program.arenaBytes) bytes "
                + "(\(String(format: "%.3f", program.plan.ratio)) of the lower bound)")
        }
    }

    private func importOptions() throws -> ImportOptions {
        var metadata: [String: String] = [:]
        for entry in set {
            guard let equals = entry.firstIndex(of: "=") else { throw ValidationError("--set takes KEY=VALUE, not \"\(entry)\".") }
            metadata[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
        }
        return ImportOptions(labels: labels, name: name, metadata: metadata)
    }
}
