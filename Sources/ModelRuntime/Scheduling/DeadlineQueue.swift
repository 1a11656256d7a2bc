/// One inference that is due. Times are monotonic nanoseconds.
public struct DeadlineJob: Sendable, Equatable {
    /// When its input was taken.
    public var release: Int64
    /// When it was handed over.
    public var arrival: Int64
    /// When its answer is due.
    public var deadline: Int64
    /// What its work knows it by: a frame's number.
    public var token: Int

    public init(release: Int64, arrival: Int64, deadline: Int64, token: Int) {
        self.release = release
        self.arrival = arrival
        self.deadline = deadline
        self.token = token
    }
}

/// The jobs that wait, at most one for each work: earliest deadline first (Liu and Layland 1973), and of equal ones the
/// lower number. A job under way is interrupted only by one with an earlier deadline, so those under way form a stack (Baker
/// 1991): the one begun last always goes on first. No clock and no thread in here.
public struct DeadlineQueue: Sendable {
    private var waiting: [DeadlineJob?]
    private var underWay: [Bool]

    /// - Parameter works: numbered from 0.
    public init(works: Int) {
        waiting = [DeadlineJob?](repeating: nil, count: works)
        underWay = [Bool](repeating: false, count: works)
    }

    /// A new job; the older one of the same work that still waited, which is dropped.
    public mutating func offer(_ job: DeadlineJob, of work: Int) -> DeadlineJob? {
        let older = waiting[work]
        waiting[work] = job
        return older
    }

    /// The work whose job is to run before one that is due at `deadline`; nil where that one goes on. A work with a job under way
    /// has no second one: its memory is in use.
    public func next(before deadline: Int64 = .max) -> Int? {
        var best: Int?, earliest = deadline
        for work in 0..<waiting.count where !underWay[work] {
            if let job = waiting[work], job.deadline < earliest {
                earliest = job.deadline
                best = work
            }
        }
        return best
    }

    /// The job that waits; it is under way from now on.
    public mutating func begin(_ work: Int) -> DeadlineJob? {
        guard let job = waiting[work] else { return nil }
        waiting[work] = nil
        underWay[work] = true
        return job
    }

    /// The work's job is done.
    public mutating func end(_ work: Int) { underWay[work] = false }

    /// Takes away what waits: the work was stopped.
    public mutating func withdraw(_ work: Int) -> DeadlineJob? {
        let job = waiting[work]
        waiting[work] = nil
        return job
    }
}
