import ArgumentParser
import Foundation
import ModelCompiler
import Nest
import Platform

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a nest on raw tensors.",
        discussion: """
        Each INPUT holds the bytes of one model input, or of several runs one after another. Results are written to \
        PREFIX0.bin, PREFIX1.bin, …, one file for each model output. Tensors that were uint8 in the source model are \
        uint8 here too.
        """)

    @Argument(help: "The .nest file.")
    var model: String

    @Argument(help: "One file of raw bytes for each input.")
    var inputs: [String]

    @Option(name: [.long, .customShort("o")], help: "Where results go.")
    var prefix = "output"

    @Option(help: "Kernel family, for example reference; the best of this machine if not given.")
    var kernels: String?

    @Option(help: "Threads.")
    var threads = 1

    @Option(help: "The program for this batch size.")
    var batch: Int?

    func validate() throws {
        guard (1...64).contains(threads) else { throw ValidationError("--threads takes 1 to 64.") }
    }

    func run() throws {
        let runner = try RawRunner(try NestReader.open(model), kernels: kernels, threads: threads, batch: batch)
        guard inputs.count == runner.model.inputCount else {
            throw Failure(.usage, "\(model) takes \(runner.model.inputCount) inputs, not \(inputs.count)")
        }
        let files = try inputs.map { try File.read($0, limit: 1 << 36, unsizedLimit: 1 << 26) }
        let sizes = (0..<inputs.count).map { runner.model.input($0).count }
        let runs = files[0].count / sizes[0]
        for index in inputs.indices where runs == 0 || files[index].count != runs * sizes[index] {
            throw Failure(.usage, "\(inputs[index]): \(files[index].count) bytes, but an input takes \(sizes[index])")
        }
        var results = [[UInt8]](repeating: [], count: runner.model.outputCount)
        for run in 0..<runs {
            let outputs = try runner.run(inputs.indices.map { Array(files[$0][run * sizes[$0]..<(run + 1) * sizes[$0]]) })
            for (index, bytes) in outputs.enumerated() { results[index].append(contentsOf: bytes) }
        }
        for (index, data) in results.enumerated() {
            try File.writeAtomically("\(prefix)\(index).bin", data)
        }
        note("\(runs) run\(runs == 1 ? "" : "s"), \(results.count) output\(results.count == 1 ? "" : "s")")
    }
}
