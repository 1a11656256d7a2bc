import Platform

/// How a model is to be loaded.
public struct ModelOptions: Sendable {
    /// Most bytes that `takenBytes`, arena, scratch and weights may take together; nil: no limit. Where the weights don't
    /// fit beside the rest, a part of them stays in memory and the others are streamed from the file on every run.
    public var budgetBytes: Int?
    /// What the process takes of the budget for other things.
    public var takenBytes = 0
    /// The program to run by name; nil: the one for `batch`.
    public var program: String?
    /// The program with this batch size, where `program` is nil; nil: the first program.
    public var batch: Int?
    /// Language models: positions of the key-value cache; nil: what the model was trained for, at most 2048, and less
    /// where a budget leaves less (at least 64).
    public var contextLength: Int?
    /// Language models: bits that activations are rounded to before they meet the weights, 8 or 16; a nest that was made
    /// for 8 has 8.
    public var activationBits = 16
    /// Compare weights with their checksums when they are first used.
    public var verify = true

    public init() {}

    /// What a program still grows by when it runs a model: code that was not needed before, stacks, candidates of a sampler.
    private static let growthBytes = 1_200_000

    /// Makes `bytes` the budget of the whole process, as it stands now. Fails with `budget` where the program alone takes it.
    /// - Parameter taken: what it takes, with what it has promised to others.
    public mutating func keepProcess(within bytes: Int, taken: Int = ProcessMemory.resident) throws(Failure) {
        budgetBytes = bytes
        takenBytes = taken + ModelOptions.growthBytes
        guard takenBytes < bytes else {
            throw Failure(.budget,
                          "the budget of \(megabytes(bytes)) leaves nothing for a model: the program itself takes \(megabytes(takenBytes))")
        }
    }
}

/// Bytes that a loaded model takes.
public struct ModelMemory: Sendable {
    /// Activations and state.
    public var arenaBytes = 0
    /// Scratch of all workers.
    public var scratchBytes = 0
    /// Keys and values of a language model.
    public var cacheBytes = 0
    /// What of the nest isn't the program's weights: tables, and a vocabulary.
    public var tableBytes = 0
    /// Length of the file mapping; 0 where the nest came from memory.
    public var mappedBytes = 0
    /// Weights that stay in memory, and those that are streamed.
    public var residentWeightBytes = 0
    public var streamedWeightBytes = 0
    /// Memory that the streamed weights pass through.
    public var windowBytes = 0

    public init() {}

    /// What counts against a budget.
    public var totalBytes: Int { tableBytes + arenaBytes + scratchBytes + cacheBytes + residentWeightBytes + windowBytes }
}
