/// How the jobs of one work have fared: counts since the start, times of the newest.
public struct JobStatistics: Sendable {
    /// Handed over, and answered.
    public internal(set) var offered = 0, done = 0
    /// Left out because a newer one came.
    public internal(set) var dropped = 0
    private var missCounts: (Int, Int, Int, Int) = (0, 0, 0, 0)
    /// From an input's time until its answer.
    public private(set) var latencies = RecentTimes(capacity: 512)
    /// What jobs took by themselves, input's conversion and answer included; at the processor's highest frequency, where its
    /// governor is ours.
    public internal(set) var runs = RecentTimes(capacity: 64)
    /// What the scheduler itself took for all jobs done, nanoseconds.
    public internal(set) var bookkeeping: Int64 = 0
    /// When the newest answer was there; monotonic nanoseconds.
    public private(set) var lastEnd: Int64 = 0

    /// Nothing yet.
    public init() {}

    /// Answers that came late, or never, for this cause.
    public func misses(_ cause: MissCause) -> Int {
        switch cause {
        case .lateStart: missCounts.0
        case .ownRun: missCounts.1
        case .frameLate: missCounts.2
        case .modelLoading: missCounts.3
        }
    }

    /// For whatever cause.
    public var missed: Int { missCounts.0 + missCounts.1 + missCounts.2 + missCounts.3 }

    mutating func miss(_ cause: MissCause) {
        switch cause {
        case .lateStart: missCounts.0 += 1
        case .ownRun: missCounts.1 += 1
        case .frameLate: missCounts.2 += 1
        case .modelLoading: missCounts.3 += 1
        }
    }

    mutating func skip(_ job: DeadlineJob) {
        miss(.ofSkipped(job, costNanoseconds: runs.median(ofNewest: 9)))
    }

    mutating func finish(_ job: DeadlineJob, end: Int64, own: Int64, ownAtTop: Int64) {
        done += 1
        latencies.add(max(0, end - job.release))
        runs.add(max(0, ownAtTop))
        lastEnd = end
        if end > job.deadline { miss(.of(job, end: end, ownNanoseconds: own)) }
    }
}
