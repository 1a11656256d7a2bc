/// What a task asks of the processor.
public struct TaskDemand: Sendable, Equatable {
    /// Of one job, nanoseconds.
    public var cost: Int64
    /// Between two jobs, at least.
    public var period: Int64
    /// From a job's release until its end.
    public var deadline: Int64
    /// The longest time for which a job of it can't be interrupted: its longest instruction.
    public var section: Int64

    public init(cost: Int64, period: Int64, deadline: Int64, section: Int64 = 0) {
        self.cost = cost
        self.period = period
        self.deadline = deadline
        self.section = section
    }

    /// Share of the processor.
    public var use: Double { Double(cost) / Double(max(1, period)) }
}

/// Whether tasks keep all their deadlines under earliest deadline first: the processor demand criterion (Baruah, Rosier and
/// Howell 1990) with blocking (Baker 1991). In no interval may jobs that lie in it whole ask for more than it is long.
public enum Feasibility {
    /// Deadlines looked at, at most; where there are more the answer is the safe one, by density.
    static let limit = 20_000

    /// - Parameter reserve: share of the processor that is left to others.
    public static func holds(_ tasks: [TaskDemand], reserve: Double = 0) -> Bool {
        let share = 1 - reserve
        var use = 0.0, density = 0.0
        for task in tasks {
            use += task.use
            density += Double(task.cost) / Double(max(1, min(task.period, task.deadline)))
        }
        if use > share { return false }
        let longestSection = tasks.reduce(0) { max($0, $1.section) }
        if density <= share, longestSection == 0 { return true }
        guard let horizon = horizon(tasks, use: use, share: share) else { return false }
        var looked = 0, time: Int64 = 0
        while let next = nextDeadline(tasks, after: time), next <= horizon {
            time = next
            var demand = 0.0, section: Int64 = 0
            for task in tasks {
                if task.deadline <= time {
                    demand += Double((time - task.deadline) / task.period + 1) * Double(task.cost)
                } else {
                    section = max(section, task.section)
                }
            }
            if demand + Double(section) > Double(time) * share + 0.5 { return false }
            looked += 1
            if looked == limit { return density <= share }
        }
        return true
    }

    /// Deadlines after it needn't be looked at; nil where there is no such time.
    private static func horizon(_ tasks: [TaskDemand], use: Double, share: Double) -> Int64? {
        var longest = 0.0, excess = 0.0, section = 0.0
        for task in tasks {
            longest = max(longest, Double(task.deadline))
            excess += max(0, Double(task.period - task.deadline)) * task.use
            section = max(section, Double(task.section))
        }
        // At full use the demand repeats with the least common multiple of the periods, which `limit` stands for.
        guard share - use > 1e-9 else { return .max }
        return Int64(min(1e18, max(longest, (excess + section) / (share - use))))
    }

    private static func nextDeadline(_ tasks: [TaskDemand], after time: Int64) -> Int64? {
        var next: Int64?
        for task in tasks {
            let own = time < task.deadline ? task.deadline : task.deadline + ((time - task.deadline) / task.period + 1) * task.period
            next = min(next ?? own, own)
        }
        return next
    }
}
