@testable import Engine
import Foundation
@testable import ModelRuntime
import Platform
import Testing

/// Work that does what a test says.
private final class Scripted: DeadlineWork {
    var body: (DeadlineJob, () -> Void) -> JobEnd = { _, _ in .answered }
    private(set) var discarded: [Int] = []

    func execute(_ job: DeadlineJob, yield: () -> Void) -> JobEnd { body(job, yield) }
    func discard(_ job: DeadlineJob) { discarded.append(job.token) }
}

private func job(_ token: Int, dueInSeconds seconds: Double) -> DeadlineJob {
    let now = monotonicNanoseconds()
    return DeadlineJob(release: now, arrival: now, deadline: now + Int64(seconds * 1e9), token: token)
}

/// The thread that runs jobs. Deadlines are hours away or past, so that no test depends on how busy the machine is.
@Suite struct TaskSchedulerTests {
    @Test func earlierDeadlinesGoFirstBetweenTwoInstructions() throws {
        let long = Scripted(), short = Scripted(), late = Scripted(), gate = UrgencyGate()
        let scheduler = TaskScheduler([long, short, late], gate: gate)
        let done = DispatchSemaphore(value: 0)
        nonisolated(unsafe) var order: [String] = []
        short.body = { job, _ in
            order.append("short \(job.token)")
            return .answered
        }
        late.body = { _, _ in
            order.append("late")
            done.signal()
            return .answered
        }
        long.body = { _, yield in
            order.append("long begins")
            yield()
            scheduler.offer(job(1, dueInSeconds: 1000), of: 1)
            scheduler.offer(job(1, dueInSeconds: 9000), of: 2)
            yield()
            scheduler.offer(job(2, dueInSeconds: 1000), of: 1)
            scheduler.offer(job(3, dueInSeconds: 1000), of: 1)
            yield()
            order.append("long ends")
            return .answered
        }
        scheduler.offer(job(0, dueInSeconds: 5000), of: 0)
        try scheduler.start()
        done.wait()
        scheduler.stop()
        #expect(order == ["long begins", "short 1", "short 3", "long ends", "late"])
        #expect(short.discarded == [2] && scheduler.statistics(of: 1).dropped == 1 && scheduler.statistics(of: 1).done == 2)
        #expect(scheduler.statistics(of: 0).done == 1 && scheduler.statistics(of: 0).missed == 0)
    }

    @Test func whatIsTooLateIsLeftOutAndCounted() throws {
        let work = Scripted(), other = Scripted()
        let scheduler = TaskScheduler([work, other], gate: UrgencyGate())
        let done = DispatchSemaphore(value: 0)
        work.body = { job, _ in
            done.signal()
            return job.token == 3 ? .unready : job.token == 4 ? .damaged : .answered
        }
        try scheduler.start()
        scheduler.offer(job(1, dueInSeconds: -1), of: 0)
        // Wait for each: a newer job would take an older one's place.
        while scheduler.statistics(of: 0).missed == 0 { usleep(1000) }
        for token in 2...4 {
            scheduler.offer(job(token, dueInSeconds: 5000), of: 0)
            done.wait()
            while scheduler.statistics(of: 0).done + scheduler.statistics(of: 0).misses(.modelLoading) < min(2, token - 1) { usleep(1000) }
        }
        scheduler.stop()
        let statistics = scheduler.statistics(of: 0)
        #expect(work.discarded == [1] && statistics.done == 1 && statistics.offered == 4)
        #expect(statistics.misses(.modelLoading) == 1 && statistics.missed == 2 && statistics.latencies.count == 1)
    }

    @Test func jobsThatWaitAtTheEndAreGivenBack() throws {
        let work = Scripted()
        let scheduler = TaskScheduler([work], gate: UrgencyGate())
        scheduler.offer(job(7, dueInSeconds: 5000), of: 0)
        scheduler.stop()
        #expect(work.discarded == [7])
    }

    /// What has no deadline waits while a job is under way, and goes on behind it.
    @Test func theGateIsClosedForTheOthers() throws {
        let gate = UrgencyGate(), work = Scripted()
        let scheduler = TaskScheduler([work], gate: gate)
        let done = DispatchSemaphore(value: 0), passed = DispatchSemaphore(value: 0)
        nonisolated(unsafe) var hasPassed = false, wasHeld = false
        work.body = { _, _ in
            let waiter = try? Platform.Thread {
                _ = gate.pass()
                hasPassed = true
                passed.signal()
            }
            usleep(20_000)
            wasHeld = !hasPassed
            done.signal()
            _ = waiter
            return .answered
        }
        try scheduler.start()
        scheduler.offer(job(1, dueInSeconds: 5000), of: 0)
        done.wait()
        passed.wait()
        scheduler.stop()
        #expect(wasHeld && hasPassed)
        #expect(gate.pass() == 0)
    }
}
