import Nest
import Platform

/// Where the weights are in memory while a program runs. An address stays the same for the whole life of a model;
/// `need` makes sure that the bytes are there, `done` says that they may go.
class WeightStore {
    let nest: NestReader
    private var verified: [Bool]

    /// Why parts of a chunk can't be trusted; the run ends with it.
    private var partsFailure: Failure?

    /// `verify`: whether chunks are compared with their checksums.
    init(_ nest: NestReader, verify: Bool = true) {
        self.nest = nest
        verified = [Bool](repeating: !verify, count: nest.chunks.count)
    }

    /// Whether weights have addresses apart from the nest's mapping: then `start` comes before the first run.
    var isApart: Bool { false }
    /// Reads the chunks that stay, and from then on the others ahead of use.
    /// - Parameter commonSteps: the steps that every pass has; a pass may end after them.
    func start(_ plan: ConveyorPlan, commonSteps: Int) throws(Failure) {}

    func address(_ chunk: Int) -> UnsafeRawPointer { nest.source.mapped(chunk)!.baseAddress! }

    /// Before parts of a chunk are taken, by one thread: compares the chunk with its checksum once. A damaged one fails the
    /// run at its end.
    func prepareParts(of chunk: Int) {
        do throws(Failure) { try verifyOnce(chunk) } catch { partsFailure = error }
    }

    /// A part of a chunk that is read here and there, out of order: where it is in memory, or `scratch` once it has been
    /// read there. `prepareParts` comes first.
    func bytes(chunk: Int, offset: Int, count: Int, scratch: UnsafeMutableRawPointer) -> UnsafeRawPointer { address(chunk) + offset }

    /// Called before and after a pass of so many steps from the first on: all that there are, or those that every pass has.
    func begin(steps: Int) {}
    func end() {}
    /// Called once before `steps[step]` is executed, in order. Fails where the weights are damaged or can't be read.
    func need(step: Int) throws(Failure) {}
    /// Called after it.
    func done(step: Int) {}
    /// After a run that ended early: the next one starts at the first step.
    func rewind() {}
    /// What went wrong in a run that nobody could be told of at once; nil: nothing.
    func takeFailure() -> Failure? {
        defer { partsFailure = nil }
        return nest.source.failure ?? partsFailure
    }

    /// Compares a chunk with its checksum the first time it is asked.
    func verifyOnce(_ chunk: Int) throws(Failure) {
        if verified[chunk] { return }
        try nest.source.verify(chunk)
        verified[chunk] = true
    }

    var residentBytes: Int { nest.chunks.reduce(0) { $0 + $1.length } }
    var streamedChunkBytes: Int { 0 }
    var windowBytes: Int { 0 }
    var physicalBytes: Int { nest.source.residentBytes }
    var counters: ConveyorCounters { ConveyorCounters() }
}

/// What a conveyor has done since load.
public struct ConveyorCounters: Sendable {
    /// Bytes read from the file.
    public var streamedBytes = 0
    /// How often a step waited for its weights, and how long altogether.
    public var stalls = 0
    public var stallNanoseconds: Int64 = 0

    public init() {}
}
