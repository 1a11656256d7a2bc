import ArgumentParser
import Kernels
import Platform

/// How a command that measures predictions computes.
struct ComputingOptions: ParsableArguments {
    @Option(help: "Bits of activations: 8 or 16.")
    var activations = 16

    @Option(help: "Threads.")
    var threads = 1

    @Option(help: "A kernel family; the best one of this processor if not given.")
    var kernels: String?

    /// The kernels asked for; fails with `usage` where this processor hasn't them.
    func table() throws -> KernelTable {
        guard let table = kernels.map({ KernelTable.named($0) }) ?? .chosen(for: .detect()) else {
            throw Failure(.usage, "no kernel family '\(kernels ?? "")' here")
        }
        return table
    }
}
