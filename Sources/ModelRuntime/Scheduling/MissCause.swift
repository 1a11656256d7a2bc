/// Why an answer came after its deadline, or not at all.
public enum MissCause: UInt8, Sendable, CaseIterable {
    /// Other jobs ran before it or interrupted it.
    case lateStart
    /// It took longer than the deadline leaves, all by itself.
    case ownRun
    /// Its input was handed over so late that the deadline could not be kept any more.
    case frameLate
    /// No variant of its model was ready.
    case modelLoading

    /// For people.
    public var name: String {
        switch self {
        case .lateStart: "late start"
        case .ownRun: "own run"
        case .frameLate: "frame late"
        case .modelLoading: "model loading"
        }
    }

    /// Of a job that ended after its deadline.
    /// - Parameters:
    ///   - end: when its answer was there, nanoseconds.
    ///   - ownNanoseconds: what it ran by itself, without those that interrupted it.
    public static func of(_ job: DeadlineJob, end: Int64, ownNanoseconds: Int64) -> MissCause {
        // Alone and at once it would have been done then.
        if job.arrival + ownNanoseconds <= job.deadline { return .lateStart }
        return job.release + ownNanoseconds > job.deadline ? .ownRun : .frameLate
    }

    /// Of a job whose deadline had passed before it could begin, and which was left out.
    /// - Parameter costNanoseconds: what such a job takes.
    public static func ofSkipped(_ job: DeadlineJob, costNanoseconds: Int64) -> MissCause {
        of(job, end: job.deadline, ownNanoseconds: costNanoseconds)
    }
}
