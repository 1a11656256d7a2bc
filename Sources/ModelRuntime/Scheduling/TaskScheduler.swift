import CLinux
import Engine
import Platform

/// How a job ended.
public enum JobEnd: Sendable {
    case answered
    /// Its input was damaged: there is no answer.
    case damaged
    /// No variant of its model was ready.
    case unready
}

/// What the scheduler executes: a model's work on one input at a time.
public protocol DeadlineWork: AnyObject {
    /// Executes a job on the scheduler's thread, calling `yield` between two instructions of its model.
    func execute(_ job: DeadlineJob, yield: () -> Void) -> JobEnd
    /// The job is given up: a newer one came, or its deadline passed.
    func discard(_ job: DeadlineJob)
}

/// Runs jobs on one thread, earliest deadline first. A model's instructions are divided among the pool's threads; between two
/// of them a job lets one with an earlier deadline go first, on the same stack. While jobs are under way the gate is closed for
/// models without deadlines. Allocates nothing after its start.
public final class TaskScheduler {
    private let works: [any DeadlineWork]
    private let gate: UrgencyGate
    private let lock = Lock()
    private var queue: DeadlineQueue
    private var statistics: [JobStatistics]
    private var isStopping = false
    /// Grows with every offer, so that `yield` needs no lock where there is nothing new.
    private let arrivals = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var thread: Thread?
    /// Chooses the processor's frequency; set before the start.
    public var governor: FrequencyGovernor?
    // Of the scheduler's thread.
    private var seen: UInt32 = 0
    private var currentDeadline = Int64.max
    private var nestedNanoseconds: Int64 = 0

    /// - Parameter gate: of the pools that the works' models run on.
    public init(_ works: [any DeadlineWork], gate: UrgencyGate) {
        self.works = works
        self.gate = gate
        queue = DeadlineQueue(works: works.count)
        statistics = [JobStatistics](repeating: JobStatistics(), count: works.count)
        arrivals.initialize(to: 0)
    }

    deinit { arrivals.deallocate() }

    /// - Parameter prepare: called first on the new thread: scheduling and the like. Fails with `resource` where there can be none.
    public func start(prepare: @escaping () -> Void = {}) throws(Failure) {
        thread = try Thread { [self] in
            prepare()
            run()
        }
    }

    /// Ends after the jobs under way; those that wait are discarded.
    public func stop() {
        lock.lock()
        isStopping = true
        lock.wakeAll()
        lock.unlock()
        thread?.join()
        thread = nil
        for work in works.indices {
            if let job = queue.withdraw(work) { works[work].discard(job) }
        }
    }

    /// Hands over a job; an older one of the same work that still waited is discarded, and counted. Any thread.
    public func offer(_ job: DeadlineJob, of work: Int) {
        lock.lock()
        let older = queue.offer(job, of: work)
        statistics[work].offered += 1
        if older != nil { statistics[work].dropped += 1 }
        governor?.offered(job, of: work)
        _ = linux_add(arrivals, 1)
        lock.wakeAll()
        lock.unlock()
        if let older { works[work].discard(older) }
    }

    /// How a work's jobs have fared so far. Copies, which allocates.
    public func statistics(of work: Int) -> JobStatistics {
        lock.lock()
        defer { lock.unlock() }
        return statistics[work]
    }

    /// What is looked at often: misses that better scheduling or smaller models would avoid, and what a job takes, the newest
    /// and over the newest ones. Allocates nothing.
    public func load(of work: Int) -> (overruns: Int, newestCost: Int64, cost: Int64) {
        lock.lock()
        defer { lock.unlock() }
        // In place: a copy would make the next change allocate.
        return (statistics[work].misses(.lateStart) + statistics[work].misses(.ownRun), statistics[work].runs.median(ofNewest: 3),
                statistics[work].runs.median(ofNewest: 9))
    }

    /// How many jobs of a work are done and missed, and the latencies of those done since so many were, as far as they are kept and
    /// there is room for them. Allocates nothing.
    public func newest(of work: Int, since done: Int, into times: UnsafeMutableBufferPointer<Int64>)
        -> (done: Int, missed: Int, times: Int) {
        lock.lock()
        defer { lock.unlock() }
        let all = statistics[work].done
        return (all, statistics[work].missed, statistics[work].latencies.copyNewest(all - done, to: times))
    }

    /// Times of another variant say nothing about this one.
    public func forgetCosts(of work: Int) {
        lock.lock()
        statistics[work].runs.removeAll()
        lock.unlock()
    }

    private func run() {
        lock.lock()
        while !isStopping {
            seen = linux_load(arrivals)
            guard queue.next() != nil else {
                lock.wait()
                continue
            }
            lock.unlock()
            gate.close()
            serve(before: .max)
            gate.open()
            lock.lock()
        }
        lock.unlock()
    }

    /// Between two instructions of a job.
    private func yield() {
        if let governor { governor.passed(now: monotonicNanoseconds()) }
        let now = linux_load(arrivals)
        guard now != seen else { return }
        seen = now
        serve(before: currentDeadline)
    }

    /// Executes what is due before a deadline, until nothing is.
    private func serve(before deadline: Int64) {
        while true {
            let begin = monotonicNanoseconds()
            lock.lock()
            guard !isStopping, let work = queue.next(before: deadline), let job = queue.begin(work) else { return lock.unlock() }
            if job.deadline <= begin {
                queue.end(work)
                statistics[work].skip(job)
                governor?.withdrawn(work)
                lock.unlock()
                works[work].discard(job)
                continue
            }
            lock.unlock()
            execute(job, of: work, pickedSince: begin)
        }
    }

    private func execute(_ job: DeadlineJob, of work: Int, pickedSince picked: Int64) {
        let outerDeadline = currentDeadline, outerNested = nestedNanoseconds
        currentDeadline = job.deadline
        nestedNanoseconds = 0
        governor?.began(job, of: work, now: picked)
        let begin = monotonicNanoseconds()
        let ending = works[work].execute(job, yield: { yield() })
        let end = monotonicNanoseconds(), own = end - begin - nestedNanoseconds
        var isAnswered = false
        if case .answered = ending { isAnswered = true }
        let ownAtTop = governor?.ended(now: end, isAnswered: isAnswered) ?? own
        currentDeadline = outerDeadline
        lock.lock()
        queue.end(work)
        switch ending {
        case .answered: statistics[work].finish(job, end: end, own: own, ownAtTop: ownAtTop)
        case .unready: statistics[work].miss(.modelLoading)
        case .damaged: break
        }
        let finished = monotonicNanoseconds()
        statistics[work].bookkeeping += (begin - picked) + (finished - end)
        lock.unlock()
        nestedNanoseconds = outerNested + finished - picked
    }
}
