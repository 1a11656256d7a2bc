import CLinux
import Engine
import ModelRuntime
import Platform

/// What a pass of a network takes on this machine.
public struct PassTime: Sendable {
    /// The median of nine passes, nanoseconds.
    public let median: Int64
    /// The longest instruction, in the pass in which it was shortest.
    public let longestInstruction: Int64

    /// Rests between passes are no longer: caches are as cold by then as they get.
    private static let longestRest: Int64 = 100_000_000

    /// Runs it ten times; the first reads the weights and compares their checksums, and doesn't count. Nor does time in which it
    /// waited for those with deadlines. Fails as a run does.
    /// - Parameter period: nanoseconds from one pass to the next, as it will be used; a processor that rested in between takes up to
    ///   twice as long. 0: one after the other.
    public init(_ model: TaskModel, period: Int64) throws(Failure) {
        var times = RecentTimes(capacity: 9), longest = Int64.max
        _ = try model.run(observe: {})
        var end = monotonicNanoseconds(), taken: Int64 = 0
        for _ in 0..<9 {
            let rest = min(Self.longestRest, period - taken) - (monotonicNanoseconds() - end)
            if rest > 0 { usleep(UInt32(rest / 1000)) }
            let waited = model.model.gateNanoseconds, begin = monotonicNanoseconds()
            var last = begin, worst: Int64 = 0
            _ = try model.run {
                let now = monotonicNanoseconds()
                worst = max(worst, now - last)
                last = now
            }
            end = monotonicNanoseconds()
            taken = end - begin
            times.add(max(1, taken - (model.model.gateNanoseconds - waited)))
            longest = min(longest, worst)
        }
        median = times.median(ofNewest: 9)
        longestInstruction = longest
    }
}
