import CConsole
import CLinux
import Configuration
import Device
import ModelRuntime
import Platform
import Vision

/// The control thread's work: does what rules say, loads models before they are used, and chooses levels. Where nothing happens
/// it allocates nothing.
final class TaskControl {
    private unowned(unsafe) let service: TaskService
    private let device: Device
    private var outputs = RuleOutputs()
    private var levels = ServiceLevels(tasks: 0)
    /// At the last look.
    private var served: [ServedTask] = []
    private var knownOverruns: [Int] = []
    /// Of each task's rules, those that hold as far as others were told.
    private var holding: [[Bool]] = []
    /// When the newest switch was chosen; nil: it is over.
    private var chosenAt: [Int64?] = []
    private var nextFileLook: Int64 = 0

    private static let longestWait: Int64 = 250_000_000
    private static let fileInterval: Int64 = 2_000_000_000

    init(_ service: TaskService) {
        self.service = service
        device = service.device
    }

    /// Chooses the first levels and starts everything. Fails, with the figures, where the tasks don't fit.
    func begin() throws(Failure) {
        let count = service.tasks.count
        // An input may become active at any time; a task that is to be started is asked about then.
        served = service.servedAtStart
        guard let first = ServiceLevels.first(served) else {
            throw Failure(.usage, "they do not fit, and none is started: \(TaskService.figures(service.tasks, served))")
        }
        levels = first
        knownOverruns = [Int](repeating: 0, count: count)
        chosenAt = [Int64?](repeating: nil, count: count)
        holding = service.tasks.map { [Bool](repeating: false, count: $0.configuration.rules.count) }
        guard let scheduler = service.scheduler else { return }
        for index in 0..<count {
            let variant = ServiceLevel(levels.numbers[index], variants: service.shelves[index].paths.count).variant
            try use(variant, of: index)
            service.tasks[index].every = 1
            let shelf = service.shelves[index], task = shelf.task
            device.log.write(.info, "task \(task.name): \(shelf.name(variant)), \(milliseconds(shelf.costs[variant], decimals: 1)) a pass, "
                + "deadline \(milliseconds(task.deadline, decimals: 1))")
        }
        for shelf in service.shelves { shelf.isAtWork = true }
        setPaces()
        try service.recorder?.start()
        try scheduler.start()
        for camera in service.cameras { try camera.start() }
        for motion in service.motions { try motion.start() }
        try service.sound?.start()
    }

    /// Until the service stops.
    func run() {
        while !service.isStopping {
            let now = monotonicNanoseconds()
            let wait = min(Self.longestWait, max(0, outputs.next - now))
            _ = linux_wait_readable(service.wake, wait)
            console_wake_clear(service.wake)
            while let event = service.events.pop() { act(event) }
            if outputs.next <= monotonicNanoseconds() { outputs.expire(now: monotonicNanoseconds(), on: device) }
            look(monotonicNanoseconds())
            setPaces()
            service.frequency?.look(service.runtime, now: monotonicNanoseconds(), wake: service.wake)
        }
    }

    /// What each task asks for now, for the choice of frequencies.
    private func setPaces() {
        guard let governor = service.frequency?.governor else { return }
        for index in service.tasks.indices {
            let shelf = service.shelves[index], task = service.tasks[index], every = task.every
            let variant = service.variant(of: index)
            governor.setPace(JobPace(cost: shelf.jobs[variant], period: Int64(1e9 / Double(shelf.task.rateHertz)) * Int64(max(1, every)),
                                     deadline: shelf.task.deadline, section: shelf.sections[variant],
                                     isActive: every > 0 && task.isActive), of: index)
        }
    }

    // MARK: rules

    private func act(_ event: TaskEvent) {
        let task = service.tasks[event.task].configuration
        if event.kind == .began || event.kind == .ended {
            holding[event.task][event.rule] = event.kind == .began
            service.ruleListener?(RuleChange(task: event.task, rule: event.rule, holds: event.kind == .began, score: event.value,
                                             frameNanoseconds: event.time))
        }
        switch event.kind {
        case .began: fire(task, task.rules[event.rule], event)
        case .ended:
            let rule = task.rules[event.rule]
            if rule.actions.contains(.log) {
                device.log.write(.info, "\(task.name): \(rule.title) is over (\(fixed(event.value, decimals: 2)))", eventTime: event.time)
            }
        case .failed: reload(event.task)
        case .switched:
            let now = monotonicNanoseconds()
            if let since = chosenAt[event.task] { service.update(event.task) { $0.switchNanoseconds = now - since } }
            chosenAt[event.task] = nil
            service.update(event.task) { $0.isSwitching = false }
            giveBack(event.task)
        }
    }

    private func fire(_ task: DeviceConfiguration.Task, _ rule: Rule, _ event: TaskEvent) {
        for action in rule.actions {
            switch action {
            case .log:
                device.log.write(.info, "\(task.name): \(rule.title) (\(fixed(event.value, decimals: 2)))", eventTime: event.time)
            case .output(let name, let isOn, let time): outputs.set(name, isOn: isOn, for: time, on: device)
            case .record(let after):
                service.recorder?.request(RecordRequest(task: event.task, rule: event.rule, score: event.value, time: event.time,
                                                        afterNanoseconds: after))
            case .start(let other): set(other, isOn: true, by: task)
            case .stop(let other): set(other, isOn: false, by: task)
            }
        }
    }

    /// Nobody looks any more whether the rules of a stopped task hold: they are over.
    private func endRules(of index: Int, now: Int64) {
        let running = service.tasks[index], task = running.configuration
        for rule in holding[index].indices where holding[index][rule] {
            holding[index][rule] = false
            running.forgetRules()
            service.ruleListener?(RuleChange(task: index, rule: rule, holds: false, score: 0, frameNanoseconds: now))
            if task.rules[rule].actions.contains(.log) {
                device.log.write(.info, "\(task.name): \(task.rules[rule].title) is over: the task was stopped", eventTime: now)
            }
        }
    }

    private func set(_ name: String, isOn: Bool, by task: DeviceConfiguration.Task) {
        for other in service.tasks where other.configuration.name == name && other.isStarted != isOn {
            other.isStarted = isOn
            device.log.write(.info, "task \(name) is \(isOn ? "started" : "stopped") by \(task.name)")
        }
    }

    // MARK: models

    /// Loads the variant where it isn't, and hands it to the task.
    private func use(_ variant: Int, of index: Int) throws(Failure) {
        let shelf = service.shelves[index], chosen = try shelf.variant(variant)
        service.tasks[index].use(chosen, number: variant)
        let cost = chosen.cost.time.median, name = chosen.name, labels = chosen.model.labels
        service.update(index) { progress in
            progress.variant = variant
            progress.isSwitching = true
            progress.variantName = name
            progress.labels = labels
            progress.predictedNanoseconds = cost
        }
    }

    /// In a small memory, what was taken over from goes.
    private func giveBack(_ index: Int) {
        _ = service.tasks[index].takeRetired()
        let shelf = service.shelves[index]
        if shelf.isCramped { shelf.keep(only: service.progress[index].variant) }
    }

    /// A model that failed, or whose file is another.
    private func reload(_ index: Int) {
        let shelf = service.shelves[index], variant = service.progress[index].variant
        shelf.forget(variant)
        do throws(Failure) {
            try use(variant, of: index)
            device.log.write(.info, "task \(shelf.task.name): \(shelf.name(variant)) is loaded anew")
        } catch {
            device.log.write(.error, "task \(shelf.task.name): \(error.description)")
        }
    }

    /// Files that were replaced; one that is gone is used as long as it is in memory.
    private func lookAtFiles(_ now: Int64) {
        guard now >= nextFileLook else { return }
        nextFileLook = now + Self.fileInterval
        for index in service.shelves.indices {
            let shelf = service.shelves[index], variant = service.progress[index].variant
            if shelf.hasChanged(variant), File.exists(shelf.paths[variant]) { reload(index) }
        }
    }

    // MARK: levels

    private func look(_ now: Int64) {
        lookAtFiles(now)
        guard let scheduler = service.scheduler else { return }
        var overruns = 0
        for index in service.tasks.indices {
            let all = scheduler.load(of: index).overruns
            overruns += all - knownOverruns[index]
            knownOverruns[index] = all
            served[index].isActive = service.tasks[index].isActive
            if !service.tasks[index].isStarted { endRules(of: index, now: now) }
            service.measure(index, into: &served[index])
        }
        let before = levels.numbers
        guard levels.update(served, now: now, overruns: overruns) else { return }
        for index in before.indices where before[index] != levels.numbers[index] { change(index, from: before[index], served[index]) }
    }

    private func change(_ index: Int, from before: Int, _ served: ServedTask) {
        let shelf = service.shelves[index], task = service.tasks[index], variants = shelf.paths.count
        let old = ServiceLevel(before, variants: variants), new = ServiceLevel(levels.numbers[index], variants: variants)
        if old.variant != new.variant {
            do throws(Failure) {
                chosenAt[index] = monotonicNanoseconds()
                try use(new.variant, of: index)
                service.update(index) { $0.switches += 1 }
            } catch {
                device.log.write(.error, "task \(shelf.task.name): \(error.description)")
            }
        }
        task.every = new.every
        let cost = served.costs[old.variant], better = levels.numbers[index] < before
        var text = "task \(shelf.task.name): "
        if new.every == 0 { text += "paused" } else {
            text += shelf.name(new.variant) + (new.every > 1 ? ", every \(new.every == 2 ? "second" : "fourth") frame" : "")
        }
        text += better ? " again: there is room" : ": a job took \(milliseconds(cost, decimals: 1)) of "
            + milliseconds(served.deadline, decimals: 1)
        device.log.write(better ? .info : .warning, text)
    }
}
