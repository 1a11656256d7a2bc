@testable import Engine
import Foundation
@testable import ModelRuntime
import Platform
import TestSupport
import Testing

/// Tasks on a processor whose frequency a governor sets, in simulated time; every instruction takes as long as the program's
/// cycles and memory say at the frequency of that moment.
private final class SimulatedProcessor {
    struct Task {
        var cost: JobCost
        /// Nanoseconds.
        var period, deadline: Int64
        /// What a job really takes of what was foreseen.
        var share = 1.0
        static let instructions = 50

        func demand(_ hertz: Double) -> TaskDemand {
            let nanoseconds = cost.seconds(atHertz: hertz) * 1e9
            return TaskDemand(cost: Int64(nanoseconds), period: period, deadline: deadline,
                              section: Int64(nanoseconds / Double(Self.instructions)))
        }
    }

    private struct Running {
        var work: Int
        var job: DeadlineJob
        var instruction = 0
    }

    let frequencies: [FrequencyCost]
    let tasks: [Task]
    var isInForce = true
    private(set) var governor: FrequencyGovernor!
    private(set) var index = 0
    private(set) var now: Int64 = 1_000_000_000
    private(set) var misses = 0, done = 0, joules = 0.0
    /// What the governor said that jobs would have taken at the highest frequency.
    private(set) var atTop: [Int64] = []
    private var stack: [Running] = []
    private var queue: DeadlineQueue
    private var next: [Int64]
    private var nextLook = Int64.max

    init(_ frequencies: [FrequencyCost], _ tasks: [Task]) {
        (self.frequencies, self.tasks) = (frequencies, tasks)
        queue = DeadlineQueue(works: tasks.count)
        next = tasks.indices.map { 1_000_000_000 + Int64($0) * 3_000_000 }
        governor = FrequencyGovernor(frequencies, works: tasks.count) { [unowned self] index in
            if isInForce { self.index = index } else { self.index = frequencies.count - 1 }
            return isInForce
        }
        for (work, task) in tasks.enumerated() {
            governor.setPace(JobPace(cost: task.cost, period: task.period, deadline: task.deadline,
                                     section: task.demand(frequencies[frequencies.count - 1].hertz).section, isActive: true), of: work)
        }
        governor.update(ceiling: 1, isBusyOtherwise: false, now: now)
        nextLook = now + 200_000_000
    }

    /// As the control thread does now and then.
    func look() { governor.update(ceiling: 1, isBusyOtherwise: false, now: now) }

    func run(seconds: Double) {
        let end = now + Int64(seconds * 1e9)
        while now < end {
            if now >= nextLook {
                look()
                nextLook = now + 200_000_000
            }
            release()
            if let work = queue.next(before: stack.last?.job.deadline ?? .max), let job = queue.begin(work) {
                begin(work, job)
            } else if !stack.isEmpty {
                execute()
            } else {
                let time = next.min() ?? end
                joules += Double(time - now) * 1e-9 * frequencies[index].idleWatts
                now = time
            }
        }
    }

    private func release() {
        for work in tasks.indices where next[work] <= now {
            let job = DeadlineJob(release: next[work], arrival: next[work], deadline: next[work] + tasks[work].deadline, token: 0)
            if queue.offer(job, of: work) != nil { misses += 1 }
            governor.offered(job, of: work)
            next[work] += tasks[work].period
        }
    }

    private func begin(_ work: Int, _ job: DeadlineJob) {
        governor.began(job, of: work, now: now)
        stack.append(Running(work: work, job: job))
    }

    private func execute() {
        let task = tasks[stack[stack.count - 1].work], share = task.share / Double(SimulatedProcessor.Task.instructions)
        let computing = task.cost.cycles / frequencies[index].hertz * share, waiting = task.cost.memorySeconds * share
        joules += computing * frequencies[index].computingWatts + waiting * frequencies[index].waitingWatts
        now += max(1, Int64(((computing + waiting) * 1e9).rounded()))
        stack[stack.count - 1].instruction += 1
        governor.passed(now: now)
        guard stack[stack.count - 1].instruction == SimulatedProcessor.Task.instructions else { return }
        let job = stack.removeLast()
        queue.end(job.work)
        atTop.append(governor.ended(now: now, isAnswered: true))
        done += 1
        if now > job.job.deadline { misses += 1 }
    }
}

/// Five frequencies up to 1.5 GHz.
private let table = FrequencyCost.assumed([600, 800, 1000, 1200, 1500].map { $0 * 1e6 })

private func task(_ milliseconds: Double, memory: Double = 0, every period: Double, within deadline: Double? = nil,
                  share: Double = 1) -> SimulatedProcessor.Task {
    SimulatedProcessor.Task(cost: JobCost(cycles: milliseconds * 1e-3 * 1.5e9, memorySeconds: memory * 1e-3),
                            period: Int64(period * 1e6), deadline: Int64((deadline ?? period) * 1e6), share: share)
}

@Suite struct FrequencyGovernorTests {
    @Test func theClockIsToldFromMemory() {
        let cost = JobCost(cycles: 3e7, memorySeconds: 0.01)
        let found = JobCost(seconds: cost.seconds(atHertz: 1.5e9), atHertz: 1.5e9, slowly: cost.seconds(atHertz: 6e8), atHertz: 6e8)
        #expect(abs(found.cycles - 3e7) < 1 && abs(found.memorySeconds - 0.01) < 1e-9)
        // No faster with the clock, and more than it could be.
        #expect(JobCost(seconds: 1, atHertz: 2e9, slowly: 0.9, atHertz: 1e9) == JobCost(cycles: 0, memorySeconds: 1))
        #expect(JobCost(seconds: 1, atHertz: 2e9, slowly: 9, atHertz: 1e9) == JobCost(cycles: 2e9, memorySeconds: 0))
        #expect(JobCost(seconds: 1, atHertz: 2e9, slowly: 3, atHertz: 2e9) == JobCost(cycles: 2e9, memorySeconds: 0))
    }

    /// One task: the lowest frequency of the table at which it is in time with a tenth to spare.
    @Test(arguments: [(10.0, 0.0, 0), (14, 0, 1), (17, 0, 2), (22, 0, 3), (29, 0, 4), (0, 28, 0), (5, 15, 0)])
    func oneTaskGetsTheLowestThatIsInTime(compute: Double, memory: Double, expected: Int) {
        let processor = SimulatedProcessor(table, [task(compute, memory: memory, every: 33)])
        processor.run(seconds: 2)
        #expect(processor.misses == 0 && processor.done > 55)
        #expect(processor.index == expected, "\(compute) + \(memory) ms: \(processor.index)")
    }

    /// Sets that the scheduler lets in at the highest frequency: none misses anything, and none takes more than at that.
    @Test func feasibleSetsMissNothingAndTakeNoMore() {
        var random = Random(11)
        var tried = 0, joules = 0.0, atTop = 0.0
        while tried < 60 {
            let tasks = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                let period = Double.random(in: 20...200, using: &random)
                return task(Double.random(in: 0.02...0.4, using: &random) * period,
                            memory: Double.random(in: 0...0.1, using: &random) * period, every: period,
                            within: period * Double.random(in: 0.6...2, using: &random))
            }
            guard Feasibility.holds(tasks.map { $0.demand(1.5e9) }, reserve: ServiceLevels.reserve) else { continue }
            tried += 1
            let ours = SimulatedProcessor(table, tasks), fast = SimulatedProcessor([table[4]], tasks)
            ours.run(seconds: 20)
            fast.run(seconds: 20)
            #expect(ours.misses == 0, "\(tasks)")
            #expect(ours.joules <= fast.joules * 1.001, "\(ours.joules) \(fast.joules): \(tasks)")
            joules += ours.joules
            atTop += fast.joules
        }
        #expect(joules < 0.85 * atTop, "\(joules / atTop)")
    }

    /// What levels are chosen by doesn't depend on the frequency that jobs ran at.
    @Test func timesAreThoseAtTheHighest() {
        let processor = SimulatedProcessor(table, [task(8, memory: 2, every: 50), task(20, memory: 1, every: 120)])
        processor.run(seconds: 5)
        #expect(processor.index < 4 && processor.atTop.count > 100)
        for time in processor.atTop { #expect(abs(time - 10_000_000) < 1000 || abs(time - 21_000_000) < 1000, "\(time)") }
    }

    @Test func whatTakesLongerThanForeseenIsLearnt() {
        // Half as much again, and double: in time from the first job on, since the highest frequency makes up for it.
        for share in [1.5, 2] {
            let processor = SimulatedProcessor(table, [task(8, every: 33, share: share)])
            processor.run(seconds: 0.1)
            #expect(processor.misses == 0, "\(share)")
            processor.run(seconds: 5)
            #expect(processor.misses == 0, "\(share)")
            let known = SimulatedProcessor(table, [task(8 * share, every: 33)])
            known.run(seconds: 5)
            #expect(processor.index >= known.index && processor.index <= known.index + 1, "\(processor.index) \(known.index)")
        }
        // And shorter: lower again after a while.
        let processor = SimulatedProcessor(table, [task(16, every: 33, share: 0.6)])
        processor.run(seconds: 0.2)
        let before = processor.index
        processor.run(seconds: 10)
        #expect(processor.misses == 0 && processor.index < before, "\(before) \(processor.index)")
    }

    @Test func otherWorkAndHeatAreHeeded() {
        let processor = SimulatedProcessor(table, [task(4, every: 100)]), governor = processor.governor!
        processor.run(seconds: 1)
        #expect(processor.index == 0)
        governor.update(ceiling: 1, isBusyOtherwise: true, now: processor.now)
        #expect(governor.choice == 4)
        governor.update(ceiling: 0.85, isBusyOtherwise: true, now: processor.now)
        #expect(governor.choice == 3)
        governor.pin(1, now: processor.now)
        #expect(governor.choice == 1)
        governor.pin(nil, now: processor.now)
        governor.update(ceiling: 1, isBusyOtherwise: false, now: processor.now)
        #expect(governor.choice == 0)
    }

    /// In other hands it asks again and again, and takes it for the highest.
    @Test func whatOthersSetIsTheirs() {
        let processor = SimulatedProcessor(table, [task(8, every: 33)])
        processor.isInForce = false
        processor.look()
        processor.run(seconds: 1)
        #expect(processor.governor.choice == nil && processor.misses == 0)
        #expect(processor.atTop.suffix(20).allSatisfy { abs($0 - 8_000_000) < 1000 }, "\(processor.atTop)")
        processor.isInForce = true
        processor.look()
        processor.run(seconds: 1)
        #expect(processor.governor.choice == 0 && processor.misses == 0)
    }

    @Test func heatTakesAndGivesStepByStep() {
        var heat = HeatCeiling(throttleCelsius: 80)
        _ = heat.update(celsius: 76)
        #expect(heat.share == 1)
        for _ in 0..<4 { _ = heat.update(celsius: 78) }
        #expect(abs(heat.share - 0.8) < 1e-9)
        // Neither hot nor cool: as it is.
        let isMoved = heat.update(celsius: 75)
        #expect(!isMoved)
        for _ in 0..<20 { _ = heat.update(celsius: 95) }
        #expect(heat.share == 0.5)
        for _ in 0..<20 { _ = heat.update(celsius: 60) }
        #expect(heat.share == 1)
    }
}

/// Whether models without deadlines are at work, as the gate tells.
@Suite struct BackgroundWatchTests {
    @Test func aModelThatBeginsIsNoticedAndItsEndToo() {
        let gate = UrgencyGate(), step = BackgroundWatch.interval
        var watch = BackgroundWatch()
        /// Whether the answer changed, and what it is.
        func look(_ now: Int64) -> [Bool] {
            let isNew = watch.update(gate, now: now, wake: -1)
            return [isNew, watch.isBusy]
        }
        #expect(look(0) == [false, false] && look(step) == [false, false])
        _ = gate.pass()
        #expect(gate.hasPassed && look(step + 1) == [true, true])
        // It is asked again; it goes on.
        #expect(look(2 * step) == [false, true] && !gate.hasPassed)
        _ = gate.pass()
        #expect(look(3 * step) == [false, true])
        // It is over.
        #expect(look(3 * step + 1) == [false, true] && look(4 * step) == [true, false])
    }

    /// Closed, it is noticed too, and whoever waits goes on when it opens.
    @Test func aClosedGateIsWatchedToo() throws {
        let gate = UrgencyGate()
        gate.close()
        gate.watch(-1)
        let waiting = try Platform.Thread { _ = gate.pass() }
        while !gate.hasPassed { usleep(1000) }
        gate.open()
        waiting.join()
        #expect(gate.pass() == 0)
    }
}
