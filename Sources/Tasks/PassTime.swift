import Engine
import ModelRuntime
import Platform

/// What a pass of a network takes on this machine.
public struct PassTime: Sendable {
    /// The median of five passes, nanoseconds.
    public let median: Int64
    /// The longest instruction, in the pass in which it was shortest.
    public let longestInstruction: Int64

    /// Runs it six times; the first reads the weights and compares their checksums, and doesn't count. Nor does time in which it
    /// waited for those with deadlines. Fails as a run does.
    public init(_ model: TaskModel) throws(Failure) {
        var times = RecentTimes(capacity: 5), longest = Int64.max
        _ = try model.run(observe: {})
        for _ in 0..<5 {
            let waited = model.model.gateNanoseconds, begin = monotonicNanoseconds()
            var last = begin, worst: Int64 = 0
            _ = try model.run {
                let now = monotonicNanoseconds()
                worst = max(worst, now - last)
                last = now
            }
            times.add(max(1, monotonicNanoseconds() - begin - (model.model.gateNanoseconds - waited)))
            longest = min(longest, worst)
        }
        median = times.median(ofNewest: 5)
        longestInstruction = longest
    }
}
