import Platform

/// What a task's jobs ask of the processor, as far as its frequency is concerned.
public struct JobPace: Sendable, Equatable {
    /// Of one job with the variant that is in use.
    public var cost: JobCost
    /// Nanoseconds between two jobs, from a job's release until it is due, and of the longest piece that can't be interrupted.
    public var period, deadline, section: Int64
    /// It gets jobs now.
    public var isActive: Bool

    public init(cost: JobCost, period: Int64, deadline: Int64, section: Int64, isActive: Bool) {
        self.cost = cost
        self.period = period
        self.deadline = deadline
        self.section = section
        self.isActive = isActive
    }
}

/// Chooses the processor's frequency while a scheduler works: never below the lowest at which all tasks keep their deadlines for
/// ever (the scheduler's own criterion), and above that what takes the least energy for the jobs that wait, are under way, and
/// are known to come before those are due. A job that takes longer than foreseen gets the highest, models without deadlines too.
/// Decided by the times it is handed; allocates nothing. Any thread.
public final class FrequencyGovernor {
    private struct Work {
        var pace: JobPace
        /// Deadline of the job that waits.
        var waiting: Int64?
        /// Release of its newest job.
        var release: Int64?
        /// What jobs take beside what was measured when the model was loaded: pictures are decoded, others disturb.
        var factor = 1.0
    }

    private struct Running {
        var work: Int
        var deadline: Int64
        /// Share of its work that is done, by the time that it has had; what that time would have been at the highest frequency.
        var progress = 0.0, nanosecondsAtTop = 0.0
    }

    private let lock = Lock()
    private var governor: DeadlineGovernor
    private let apply: (Int) -> Bool
    private var works: [Work]
    /// Jobs under way, innermost last.
    private var running: [Running] = []
    private var jobs: [DeadlineGovernor.Job] = []
    private var demands: [TaskDemand] = []
    /// Since when the innermost job has been going on as it does; when it should be done.
    private var since: Int64 = 0, overdue = Int64.max
    private var floor = 0
    private var isBusyOtherwise = false
    private var pinned: Int?
    private var applied = -1
    private var isInForce = false

    private static let knownJobs = 64
    /// Nanoseconds: a job that comes sooner finds the frequency as the last one left it.
    private static let shortPause: Int64 = 20_000_000
    private static let leastFactor = 0.5, greatestFactor = 8.0

    /// - Parameters:
    ///   - frequencies: one or more, rising.
    ///   - works: how many the scheduler has.
    ///   - apply: sets the frequency of that number; false where it is somebody else's to set. Called on any thread, one at a time.
    public init(_ frequencies: [FrequencyCost], works: Int, apply: @escaping (Int) -> Bool) {
        governor = DeadlineGovernor(frequencies)
        self.apply = apply
        let none = JobPace(cost: JobCost(cycles: 0, memorySeconds: 0), period: 1, deadline: 1, section: 0, isActive: false)
        self.works = [Work](repeating: Work(pace: none), count: works)
        running.reserveCapacity(works)
        jobs.reserveCapacity(works + Self.knownJobs)
        demands.reserveCapacity(works)
    }

    private var top: Int { governor.frequencies.count - 1 }

    /// What it runs at as far as is known: where nobody here sets it, the highest.
    private var hertz: Double { governor.frequencies[isInForce ? applied : top].hertz }

    /// Number of the frequency that was chosen last; nil where it is somebody else's to choose.
    public var choice: Int? {
        lock.lock()
        defer { lock.unlock() }
        return isInForce ? applied : nil
    }

    /// Rising.
    public var frequencies: [FrequencyCost] { governor.frequencies }

    /// Holds a frequency, of that number, whatever the jobs need; nil: no more. To measure at.
    public func pin(_ index: Int?, now: Int64) {
        lock.lock()
        settle(now)
        pinned = index
        choose(now)
        lock.unlock()
    }

    // MARK: what is known

    /// What each work asks for now.
    public func setPace(_ pace: JobPace, of work: Int) {
        lock.lock()
        // Another variant: what its jobs take beside its own measure is to be learnt anew.
        if pace.cost != works[work].pace.cost { works[work].factor = max(1, works[work].factor) }
        works[work].pace = pace
        lock.unlock()
    }

    /// Chooses again, after paces, heat or other work have changed, and sets the frequency anew: somebody else may have.
    /// - Parameters:
    ///   - ceiling: share of the highest frequency that heat leaves.
    ///   - isBusyOtherwise: models without deadlines are at work.
    public func update(ceiling: Double, isBusyOtherwise: Bool, now: Int64) {
        lock.lock()
        governor.ceiling = ceiling
        self.isBusyOtherwise = isBusyOtherwise
        floor = lowestThatHolds()
        settle(now)
        isInForce = false
        choose(now)
        lock.unlock()
    }

    /// The lowest frequency at which the criterion of the scheduler holds.
    private func lowestThatHolds() -> Int {
        for index in 0..<top where holds(governor.frequencies[index].hertz) { return index }
        return top
    }

    private func holds(_ hertz: Double) -> Bool {
        demands.removeAll(keepingCapacity: true)
        let highest = governor.frequencies[top].hertz
        for work in works where work.pace.isActive {
            let pace = work.pace, seconds = pace.cost.seconds(atHertz: hertz) * work.factor
            let slower = pace.cost.seconds(atHertz: hertz) / max(1e-9, pace.cost.seconds(atHertz: highest))
            demands.append(TaskDemand(cost: Int64(seconds * 1e9), period: pace.period, deadline: pace.deadline,
                                      section: Int64(Double(pace.section) * slower)))
        }
        return Feasibility.holds(demands, reserve: governor.margin)
    }

    // MARK: the scheduler's events

    /// A job waits, in place of an older one of that work.
    func offered(_ job: DeadlineJob, of work: Int) {
        lock.lock()
        works[work].waiting = job.deadline
        works[work].release = job.release
        lock.unlock()
    }

    /// The job that waited is given up.
    func withdrawn(_ work: Int) {
        lock.lock()
        works[work].waiting = nil
        lock.unlock()
    }

    /// A job begins; the one under way before waits for it.
    func began(_ job: DeadlineJob, of work: Int, now: Int64) {
        lock.lock()
        settle(now)
        works[work].waiting = nil
        running.append(Running(work: work, deadline: job.deadline))
        choose(now)
        lock.unlock()
    }

    /// Between two instructions.
    func passed(now: Int64) {
        lock.lock()
        defer { lock.unlock() }
        guard now >= overdue else { return }
        settle(now)
        choose(now)
    }

    /// The innermost job is done: what it would have taken at the highest frequency, nanoseconds.
    func ended(now: Int64, isAnswered: Bool) -> Int64 {
        lock.lock()
        defer { lock.unlock() }
        settle(now)
        guard let job = running.popLast() else { return 0 }
        if isAnswered { learn(job) }
        choose(now)
        return Int64(job.nanosecondsAtTop)
    }

    /// Longer than foreseen counts at once and whole: half of it would be a plan without room for the other half. Shorter counts
    /// little by little.
    private func learn(_ job: Running) {
        let factor = works[job.work].factor * (job.progress > 1 ? job.progress : 1 + 0.1 * (job.progress - 1))
        works[job.work].factor = min(Self.greatestFactor, max(Self.leastFactor, factor))
    }

    // MARK: choosing

    /// Accounts to the innermost job for the time since the last event.
    private func settle(_ now: Int64) {
        defer { since = now }
        guard let index = running.indices.last else { return }
        let nanoseconds = Double(max(0, now - since)), work = works[running[index].work], cost = work.pace.cost
        let here = cost.seconds(atHertz: hertz)
        guard here > 0 else { return running[index].nanosecondsAtTop += nanoseconds }
        running[index].progress += nanoseconds * 1e-9 / (here * work.factor)
        running[index].nanosecondsAtTop += nanoseconds * cost.seconds(atHertz: governor.frequencies[top].hertz) / here
    }

    private func choose(_ now: Int64) {
        let wanted = pinned ?? (isBusyOtherwise ? governor.highest : needed(now))
        if wanted != applied || !isInForce {
            isInForce = apply(wanted)
            applied = wanted
        }
        overdue = .max
        guard let job = running.last, wanted < governor.highest else { return }
        let work = works[job.work], left = max(0, 1 - job.progress) * work.factor
        let seconds = work.pace.cost.seconds(atHertz: hertz) * left * (1 + governor.margin)
        overdue = now + Int64(seconds * 1e9) + 1
    }

    /// Without other work.
    private func needed(_ now: Int64) -> Int {
        jobs.removeAll(keepingCapacity: true)
        var last = Int64.min
        for job in running {
            // It should be done by now: nobody knows what is left of it.
            guard job.progress < 1, known(job.work) else { return governor.highest }
            add(job.work, share: 1 - job.progress, deadline: job.deadline)
            last = max(last, job.deadline)
        }
        for work in works.indices {
            guard let deadline = works[work].waiting else { continue }
            guard known(work) else { return governor.highest }
            add(work, share: 1, deadline: deadline)
            last = max(last, deadline)
        }
        if jobs.isEmpty { return idle(now) }
        addExpected(before: last, now)
        order()
        return min(governor.highest, max(floor, governor.choice(jobs, now: Double(now) * 1e-9, capacity: 1)))
    }

    private func known(_ work: Int) -> Bool { works[work].pace.cost.seconds(atHertz: governor.frequencies[top].hertz) > 0 }

    private func add(_ work: Int, share: Double, deadline: Int64) {
        let cost = works[work].pace.cost, factor = works[work].factor * share
        jobs.append(DeadlineGovernor.Job(left: JobCost(cycles: cost.cycles * factor, memorySeconds: cost.memorySeconds * factor),
                                         deadline: Double(deadline) * 1e-9))
    }

    /// Jobs that will come before those that are there are due.
    private func addExpected(before last: Int64, _ now: Int64) {
        var room = Self.knownJobs
        for work in works.indices where works[work].pace.isActive {
            let pace = works[work].pace
            guard let release = works[work].release, pace.period > 0 else { continue }
            var next = release + pace.period
            // Its jobs have stayed away: the next comes when it comes.
            if next < now { next = now }
            while next < last, room > 0 {
                add(work, share: 1, deadline: next + pace.deadline)
                next += pace.period
                room -= 1
            }
        }
    }

    /// By deadline; a few, nearly in order.
    private func order() {
        for index in jobs.indices.dropFirst() {
            var place = index
            while place > 0, jobs[place].deadline < jobs[place - 1].deadline {
                jobs.swapAt(place, place - 1)
                place -= 1
            }
        }
    }

    /// Nothing to do.
    private func idle(_ now: Int64) -> Int {
        for work in works where work.pace.isActive {
            if let release = work.release, release + work.pace.period > now, release + work.pace.period - now < Self.shortPause,
               applied >= 0 {
                return min(applied, governor.highest)
            }
        }
        return governor.choice([], now: 0, capacity: 1)
    }
}
