@testable import ModelRuntime
import Platform
import Testing
import TestSupport

/// Periodic tasks on one processor, by the plainest means there are: every unit of time is looked at, and the job with the
/// earliest deadline gets it. Shares nothing with what is tested.
private struct PlainProcessor {
    struct Job {
        var task: Int
        var deadline: Int64
        var left: Int64
    }

    /// How many jobs weren't done at their deadline.
    static func misses(_ tasks: [TaskDemand], until end: Int64) -> Int {
        var jobs: [Job] = [], misses = 0
        for time in 0..<end {
            misses += jobs.filter { $0.deadline <= time && $0.left > 0 }.count
            jobs.removeAll { $0.deadline <= time }
            for (index, task) in tasks.enumerated() where time % task.period == 0 {
                jobs.append(Job(task: index, deadline: time + task.deadline, left: task.cost))
            }
            guard let next = jobs.indices.filter({ jobs[$0].left > 0 }).min(by: { jobs[$0].deadline < jobs[$1].deadline }) else { continue }
            jobs[next].left -= 1
            if jobs[next].left == 0 { jobs.remove(at: next) }
        }
        return misses
    }
}

/// The queue's decisions played through in simulated time: jobs run section by section, and between two sections one that is due
/// earlier goes first.
private struct QueueProcessor {
    let tasks: [TaskDemand]
    /// Release times are late by up to this, drawn.
    var jitter: Int64 = 0
    private var queue: DeadlineQueue
    private var stack: [(work: Int, job: DeadlineJob, left: Int64)] = []
    private var releases: [Int64]
    private var random = Random(7)
    private(set) var done = 0, missed = 0, dropped = 0

    init(_ tasks: [TaskDemand]) {
        self.tasks = tasks
        queue = DeadlineQueue(works: tasks.count)
        releases = [Int64](repeating: 0, count: tasks.count)
    }

    mutating func run(until end: Int64) {
        var now: Int64 = 0
        while now < end {
            release(now)
            // As `TaskScheduler.serve`: whatever is due before the one under way begins on top of it.
            while let work = queue.next(before: stack.last?.job.deadline ?? .max), let job = queue.begin(work) {
                stack.append((work, job, tasks[work].cost))
            }
            guard var top = stack.popLast() else {
                now = releases.min() ?? end
                continue
            }
            // Until the end of its section: not even an earlier deadline comes in between.
            let section = tasks[top.work].section > 0 ? min(tasks[top.work].section, top.left)
                : min(top.left, max(1, (releases.min() ?? end) - now))
            top.left -= section
            now += section
            if top.left > 0 { stack.append(top) } else {
                queue.end(top.work)
                done += 1
                if now > top.job.deadline { missed += 1 }
            }
        }
    }

    private mutating func release(_ now: Int64) {
        for work in tasks.indices where releases[work] <= now {
            let time = releases[work]
            if queue.offer(DeadlineJob(release: time, arrival: now, deadline: time + tasks[work].deadline, token: 0), of: work) != nil {
                dropped += 1
                missed += 1
            }
            releases[work] = time + tasks[work].period + (jitter > 0 ? Int64(random.int(0...Int(jitter))) : 0)
        }
    }
}

@Suite struct SchedulingTests {
    /// Costs, periods and deadlines of small whole numbers, so that the plain processor gets through all of them.
    private func drawn(_ random: inout Random, tasks: Int, most: Int) -> [TaskDemand] {
        (0..<tasks).map { _ in
            let period = Int64([6, 8, 10, 12, 15, 20, 24, 30][random.int(0...7)])
            let cost = Int64(random.int(1...max(1, Int(period) * most / 100)))
            return TaskDemand(cost: cost, period: period, deadline: Int64(random.int(Int(cost)...Int(period))))
        }
    }

    @Test func feasibilityIsWhatAPlainProcessorFinds() {
        var random = Random(1)
        var feasible = 0, infeasible = 0
        for _ in 0..<400 {
            let tasks = drawn(&random, tasks: random.int(1...4), most: 60)
            let use = tasks.reduce(0) { $0 + $1.use }
            // At exactly full use the criterion has no end to look to.
            guard abs(use - 1) > 1e-6 else { continue }
            let holds = Feasibility.holds(tasks), misses = PlainProcessor.misses(tasks, until: 600)
            #expect(holds == (misses == 0), "\(tasks)")
            if holds { feasible += 1 } else { infeasible += 1 }
        }
        #expect(feasible > 60 && infeasible > 60)
    }

    /// Ten simulated minutes in tenths of a millisecond, of sets that the criterion lets in, with sections that can't be
    /// interrupted and frames that tremble.
    @Test func feasibleSetsMissNothingInTenMinutes() {
        var random = Random(2)
        var sets = 0
        while sets < 12 {
            var tasks: [TaskDemand] = []
            for _ in 0..<random.int(2...4) {
                let period = Int64([333, 400, 500, 1000, 2000][random.int(0...4)])
                let cost = Int64(random.int(10...Int(period) / 2))
                tasks.append(TaskDemand(cost: cost, period: period, deadline: period - Int64(random.int(0...Int(period) / 4)),
                                        section: Int64(random.int(1...20))))
            }
            guard Feasibility.holds(tasks) else { continue }
            sets += 1
            for jitter in [Int64(0), 40] {
                var processor = QueueProcessor(tasks)
                processor.jitter = jitter
                processor.run(until: 6_000_000)
                #expect(processor.missed == 0 && processor.dropped == 0, "\(tasks)")
                #expect(processor.done > 6_000_000 / 2000)
            }
        }
    }

    /// The check on the check: a set that is let in only without its sections misses with them.
    @Test func sectionsCount() {
        let tasks = [TaskDemand(cost: 4, period: 10, deadline: 5, section: 1), TaskDemand(cost: 20, period: 50, deadline: 50, section: 10)]
        #expect(!Feasibility.holds(tasks))
        var processor = QueueProcessor(tasks)
        processor.jitter = 3
        processor.run(until: 60_000)
        #expect(processor.missed > 0)
        #expect(Feasibility.holds(tasks.map { TaskDemand(cost: $0.cost, period: $0.period, deadline: $0.deadline) }))
    }

    @Test func reserveIsKept() {
        let tasks = [TaskDemand(cost: 90, period: 100, deadline: 100)]
        #expect(Feasibility.holds(tasks, reserve: 0.1) && !Feasibility.holds(tasks, reserve: 0.11))
        #expect(!Feasibility.holds([TaskDemand(cost: 20, period: 100, deadline: 10)]))
        #expect(Feasibility.holds([]))
    }

    @Test func queueDropsTheOlderAndRunsTheEarlier() {
        var queue = DeadlineQueue(works: 3)
        func job(_ deadline: Int64) -> DeadlineJob { DeadlineJob(release: 0, arrival: 0, deadline: deadline, token: Int(deadline)) }
        #expect(queue.next() == nil)
        #expect(queue.offer(job(50), of: 0) == nil && queue.offer(job(30), of: 1) == nil)
        #expect(queue.offer(job(60), of: 0)?.deadline == 50)
        #expect(queue.next() == 1 && queue.next(before: 30) == nil)
        #expect(queue.begin(1)?.token == 30 && queue.begin(1) == nil)
        // Its own next job waits, however early: the memory is in use.
        #expect(queue.offer(job(10), of: 1) == nil && queue.next() == 0)
        queue.end(1)
        #expect(queue.next() == 1 && queue.withdraw(1)?.token == 10 && queue.next() == 0)
    }

    @Test func missesHaveTheirCause() {
        let job = DeadlineJob(release: 100, arrival: 110, deadline: 200, token: 0)
        #expect(MissCause.of(job, end: 220, ownNanoseconds: 60) == .lateStart)
        #expect(MissCause.of(job, end: 260, ownNanoseconds: 150) == .ownRun)
        #expect(MissCause.of(DeadlineJob(release: 100, arrival: 180, deadline: 200, token: 0), end: 220, ownNanoseconds: 40) == .frameLate)
        #expect(MissCause.ofSkipped(job, costNanoseconds: 20) == .lateStart)
    }

    @Test func quantilesAndMedians() {
        var times = RecentTimes(capacity: 4)
        #expect(times.median(ofNewest: 3) == 0 && quantile(times.sorted, 0.5) == 0)
        for time in [Int64(9), 1, 8, 3, 2] { times.add(time) }
        #expect(times.sorted == [1, 2, 3, 8] && times.count == 5)
        #expect(times.median(ofNewest: 3) == 3 && times.median(ofNewest: 1) == 2)
        #expect(quantile([1, 2, 3, 4], 0.5) == 2 && quantile([1, 2, 3, 4], 0.99) == 4 && quantile([1, 2, 3, 4], 0) == 1)
    }
}

@Suite struct ServiceLevelTests {
    private func task(_ costs: [Int64], deadline: Int64 = 100, priority: Int = 5, isActive: Bool = true) -> ServedTask {
        ServedTask(costs: costs, sections: costs.map { _ in 0 }, period: 100, deadline: deadline, priority: priority, isActive: isActive)
    }

    @Test func levelsAreVariantsThenRatesThenAPause() {
        #expect((0..<ServiceLevel.count(variants: 2)).map { ServiceLevel($0, variants: 2).variant } == [0, 1, 1, 1, 1])
        #expect((0..<ServiceLevel.count(variants: 2)).map { ServiceLevel($0, variants: 2).every } == [1, 1, 2, 4, 0])
    }

    @Test func theBestThatFitsIsChosenAndLowPrioritiesGiveWay() {
        #expect(ServiceLevels.first([task([80, 40]), task([5])])?.numbers == [0, 0])
        #expect(ServiceLevels.first([task([80, 40], priority: 1), task([40, 20], priority: 9)])?.numbers == [1, 0])
        #expect(ServiceLevels.first([task([80, 40], priority: 9), task([40, 5], priority: 1)])?.numbers == [0, 1])
        // Not even the smallest: refused.
        #expect(ServiceLevels.first([task([80, 60]), task([50])]) == nil)
        #expect(ServiceLevels.first([task([80, 60]), task([50], isActive: false)])?.numbers == [0, 0])
    }

    @Test func aLoadThatRisesIsAnsweredAtOnceAndALoadThatFallsAfterAWhile() throws {
        var levels = try #require(ServiceLevels.first([task([60, 30], deadline: 400)]))
        var now: Int64 = 0
        func after(_ seconds: Int64) -> Int64 { now + seconds * 1_000_000_000 }
        #expect(levels.update([task([60, 30], deadline: 400)], now: now, overruns: 0) == false)
        #expect(levels.update([task([120, 60], deadline: 400)], now: now, overruns: 0) && levels.numbers == [1])
        // Half the rate where the smallest is too large.
        #expect(levels.update([task([240, 120], deadline: 400)], now: now, overruns: 0) && levels.numbers == [2])
        #expect(levels.update([task([2000, 1000], deadline: 400)], now: now, overruns: 0) && levels.numbers == [4])
        // A job that takes longer than its deadline is late at any rate: a pause.
        var late = try #require(ServiceLevels.first([task([60, 30])]))
        #expect(late.update([task([240, 120])], now: now, overruns: 0) && late.numbers == [4])
        now = after(1)
        #expect(levels.update([task([60, 30], deadline: 400)], now: now, overruns: 0) == false)
        for expected in [3, 2, 1, 0] {
            now = after(4)
            #expect(levels.update([task([60, 30], deadline: 400)], now: now, overruns: 0) && levels.numbers == [expected])
        }
        now = after(100)
        #expect(levels.update([task([60, 30], deadline: 400)], now: now, overruns: 0) == false)
    }

    @Test func aStepUpThatWasWrongIsTriedLessOften() throws {
        var levels = try #require(ServiceLevels.first([task([60, 30])]))
        // Every second: overruns for as long as it is at its best, though it should fit.
        var changes = 0
        for second in 0..<600 {
            let overruns = levels.numbers[0] == 0 ? 3 : 0
            if levels.update([task([60, 30])], now: Int64(second) * 1_000_000_000, overruns: overruns) { changes += 1 }
        }
        #expect(changes < 40 && changes > 4)
    }

    @Test func oneMissIsNoReason() throws {
        var levels = try #require(ServiceLevels.first([task([60, 30])]))
        for second in 0..<100 { #expect(levels.update([task([60, 30])], now: Int64(second) * 3_000_000_000, overruns: 1) == false) }
        #expect(levels.numbers == [0])
    }
}
