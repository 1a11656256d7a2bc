/// What a processor's frequency is chosen by, measured for each program: work that goes faster with the clock, and work that
/// waits for memory and doesn't.
public struct JobCost: Sendable, Equatable {
    /// Clock cycles in which the cores work on it together.
    public var cycles: Double
    /// Seconds that memory takes at any frequency.
    public var memorySeconds: Double

    public init(cycles: Double, memorySeconds: Double) {
        self.cycles = cycles
        self.memorySeconds = memorySeconds
    }

    /// Of a program that took so long at two frequencies. Where the clock made no difference, all of it is memory's; where it made
    /// more than it can, none.
    public init(seconds: Double, atHertz hertz: Double, slowly slowSeconds: Double, atHertz slowHertz: Double) {
        let difference = 1 / slowHertz - 1 / hertz
        let cycles = difference > 0 ? (slowSeconds - seconds) / difference : seconds * hertz
        self.cycles = max(0, min(cycles, seconds * hertz))
        memorySeconds = max(0, seconds - self.cycles / hertz)
    }

    /// Measured time = cycles / f + memory time.
    public func seconds(atHertz hertz: Double) -> Double { cycles / hertz + memorySeconds }
}

/// Chooses frequencies for work with deadlines: of those at which every job is done in time, with a margin, the one that takes
/// the least energy until the last deadline, idling behind the work included. Where idling is cheap that may be a high one (race
/// to idle), where work waits for memory it is a low one. Where no frequency will do, the highest.
public struct DeadlineGovernor: Sendable {
    /// A job that waits or is at work, with what is left of it.
    public struct Job: Sendable {
        public var left: JobCost
        /// Seconds of any clock.
        public var deadline: Double

        public init(left: JobCost, deadline: Double) {
            self.left = left
            self.deadline = deadline
        }
    }

    /// Rising.
    public let frequencies: [FrequencyCost]
    /// Share of each job's time that is kept back for what nobody foresaw.
    public var margin = 0.1
    /// It slows down before the kernel does: frequencies above this share of the highest are left alone.
    public var ceiling = 1.0

    /// - Parameter frequencies: one or more, rising.
    public init(_ frequencies: [FrequencyCost]) { self.frequencies = frequencies }

    /// Index of the highest frequency below the ceiling.
    public var highest: Int {
        var top = frequencies.count - 1
        while top > 0, frequencies[top].hertz > frequencies[frequencies.count - 1].hertz * ceiling * 1.0001 { top -= 1 }
        return top
    }

    /// Index of the frequency for these jobs at a time.
    /// - Parameters:
    ///   - jobs: in the order of their deadlines; they are done in it. Those that are known to come before the last deadline are
    ///     among them: a frame every thirtieth of a second takes its time from a text that has longer.
    ///   - capacity: share of the processor that they get; the rest is somebody else's.
    public func choice(_ jobs: [Job], now: Double, capacity: Double) -> Int {
        let top = highest
        guard let last = jobs.last else { return leastIdle(top) }
        var best: Int?, bestJoules = Double.infinity
        for index in 0...top {
            guard let end = end(jobs, now, capacity, index) else { continue }
            let joules = joules(jobs, capacity, index) + max(0, last.deadline - end) * frequencies[index].idleWatts
            if joules < bestJoules { (best, bestJoules) = (index, joules) }
        }
        return best ?? top
    }

    /// Nothing to do: where idling takes the least.
    private func leastIdle(_ top: Int) -> Int {
        var best = 0
        for index in 0...top where frequencies[index].idleWatts < frequencies[best].idleWatts { best = index }
        return best
    }

    /// When all are done; nil where one is late.
    private func end(_ jobs: [Job], _ now: Double, _ capacity: Double, _ index: Int) -> Double? {
        var time = now
        for job in jobs {
            time += job.left.seconds(atHertz: frequencies[index].hertz * capacity) * (1 + margin)
            if time > job.deadline { return nil }
        }
        return time
    }

    private func joules(_ jobs: [Job], _ capacity: Double, _ index: Int) -> Double {
        var sum = 0.0
        let point = frequencies[index]
        for job in jobs {
            sum += job.left.cycles / (point.hertz * capacity) * point.computingWatts + job.left.memorySeconds * point.waitingWatts
        }
        return sum
    }
}
