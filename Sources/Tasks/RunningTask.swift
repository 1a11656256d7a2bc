import CConsole
import CLinux
import Configuration
import ModelRuntime
import Platform
import Vision

/// A task at work: takes frames or windows from the thread of its input, and answers them on the scheduler's. Between them and the control
/// thread lie atomic words and a short lock.
final class RunningTask: DeadlineWork {
    let configuration: DeviceConfiguration.Task
    let number: Int
    let reading = SequenceLock(TaskReading())
    private let events: EventRing<TaskEvent>
    private let wake: Int32
    /// Set before the cameras start.
    var scheduler: TaskScheduler?
    /// Where its inputs come from; set before the cameras and sensors start.
    var input: (any TaskInput)?
    /// Whether its `when` is true; any thread.
    var condition: () -> Bool = { true }
    /// Whether it is started; how many of its rules hold; every so manyth frame is taken, 0: none; a variant is to take over;
    /// rules are to begin anew.
    private let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 5)
    // Of the camera's thread.
    private var divider: RateDivider
    // Of the scheduler's thread.
    private var current: TaskVariant?
    private var states: [RuleState] = []
    private var newest = TaskReading()
    private var passes = RecentTimes(capacity: 9)
    // Guarded by the lock.
    private let lock = Lock()
    private var next: TaskVariant?
    private var nextNumber = 0
    private var retired: TaskVariant?

    init(_ configuration: DeviceConfiguration.Task, number: Int, events: EventRing<TaskEvent>, wake: Int32) {
        self.configuration = configuration
        self.number = number
        self.events = events
        self.wake = wake
        let period = Int64(1e9 / Double(configuration.rateHertz))
        divider = RateDivider(period: period)
        words.initialize(repeating: 0, count: 5)
        linux_store(words, configuration.condition == .started ? 0 : 1)
        for rule in configuration.rules {
            states.append(RuleState(threshold: rule.threshold, hold: rule.holdNanoseconds, longestGap: max(1_000_000_000, 5 * period)))
        }
    }

    deinit { words.deallocate() }

    // MARK: any thread

    var isStarted: Bool {
        get { linux_load(words) != 0 }
        set { linux_store(words, newValue ? 1 : 0) }
    }

    /// One of its rules holds.
    var holds: Bool { isStarted && linux_load(words + 4) == 0 && linux_load(words + 1) != 0 }

    /// Every so manyth frame of its rate is taken; 0: none.
    var every: Int {
        get { Int(linux_load(words + 2)) }
        set { linux_store(words + 2, UInt32(newValue)) }
    }

    var isActive: Bool { isStarted && condition() }

    /// What it knew when it was stopped is no longer so: rules begin anew with the next frame.
    func forgetRules() { linux_store(words + 4, 1) }

    /// The variant takes over with the next frame.
    func use(_ variant: TaskVariant, number: Int) {
        lock.lock()
        next = variant
        nextNumber = number
        linux_store(words + 3, 1)
        lock.unlock()
    }

    /// What was taken over from; whoever asks may give it back. nil before.
    func takeRetired() -> TaskVariant? {
        lock.lock()
        defer { lock.unlock() }
        let old = retired
        retired = nil
        return old
    }

    // MARK: the thread of its input

    /// Whether the frame of that time is one for this task.
    func wants(_ time: Int64) -> Bool {
        let every = self.every
        return every > 0 && isActive && divider.takes(time, every: every)
    }

    /// The frame is this task's until it releases it.
    func offer(_ frame: Int, time: Int64, arrival: Int64) {
        guard let scheduler else { return input?.release(frame) ?? () }
        scheduler.offer(DeadlineJob(release: time, arrival: arrival, deadline: time + configuration.deadline, token: frame), of: number)
    }

    // MARK: the scheduler's thread, or whoever's newer job takes the place

    func discard(_ job: DeadlineJob) {
        input?.release(job.token)
        if job.deadline < monotonicNanoseconds() { console_wake_post(wake) }
    }

    // MARK: the scheduler's thread

    func execute(_ job: DeadlineJob, yield: () -> Void) -> JobEnd {
        defer { input?.release(job.token) }
        if linux_load(words + 3) != 0 { takeOver(job) }
        if linux_load(words + 4) != 0 { beginRulesAnew() }
        guard let variant = current else { return .unready }
        guard let input, input.load(job.token, into: variant.model) else {
            newest.damaged &+= 1
            reading.publish(newest)
            return .damaged
        }
        do throws(Failure) {
            let begin = monotonicNanoseconds()
            newest.best = try variant.model.run(observe: yield)
            passes.add(monotonicNanoseconds() - begin)
            newest.networkNanoseconds = passes.median(ofNewest: 9)
        } catch {
            // What it ran on is gone: the control thread finds out why, and looks for another.
            current = nil
            tell(.failed, rule: 0, value: 0, job)
            return .unready
        }
        newest.score = variant.model.scores[newest.best]
        newest.frameNanoseconds = job.release
        reading.publish(newest)
        followRules(variant, job)
        if monotonicNanoseconds() > job.deadline { console_wake_post(wake) }
        return .answered
    }

    private func takeOver(_ job: DeadlineJob) {
        lock.lock()
        retired = current
        current = next
        next = nil
        newest.variant = nextNumber
        linux_store(words + 3, 0)
        lock.unlock()
        scheduler?.forgetCosts(of: number)
        passes.removeAll()
        tell(.switched, rule: 0, value: 0, job)
    }

    private func beginRulesAnew() {
        for rule in states.indices { states[rule].reset() }
        linux_store(words + 1, 0)
        linux_store(words + 4, 0)
    }

    private func tell(_ kind: TaskEvent.Kind, rule: Int, value: Float, _ job: DeadlineJob) {
        events.push(TaskEvent(kind: kind, task: number, rule: rule, value: value, time: job.release))
        console_wake_post(wake)
    }

    private func followRules(_ variant: TaskVariant, _ job: DeadlineJob) {
        var holding: UInt32 = 0
        for rule in states.indices {
            var score: Float = 0
            for index in variant.ruleClasses[rule] { score = max(score, variant.model.scores[index]) }
            switch states[rule].update(score: score, time: job.release) {
            case .began: tell(.began, rule: rule, value: score, job)
            case .ended: tell(.ended, rule: rule, value: score, job)
            case nil: break
            }
            if states[rule].holds { holding += 1 }
        }
        linux_store(words + 1, holding)
    }
}
