import CConsole
import CLinux
import Configuration
import Device
import ModelRuntime
import Platform

/// The tasks of a configuration at work: cameras, models, rules, and the control thread that loads models, does what rules say,
/// and chooses how well each task is served. One for a firmware.
public final class TaskService {
    let device: Device
    let runtime: Runtime
    private let folders: ModelFolders
    let events = EventRing<TaskEvent>(capacity: 1024)
    /// Called on the control thread with every rule that begins or ceases to hold. Set it before `start`.
    public var ruleListener: ((RuleChange) -> Void)?
    /// The text of a record's record.json. Set it before `start`.
    public var recordText: (RecordSummary) -> [UInt8] = { _ in [] }
    /// Keeps records of events; nil where the configuration wants none.
    private(set) var recorder: Recorder?
    public private(set) var cameras: [CameraLoop] = []
    private(set) var motions: [MotionLoop] = []
    private(set) var sound: SoundLoop?
    private(set) var tasks: [RunningTask] = []
    private(set) var shelves: [VariantShelf] = []
    var scheduler: TaskScheduler?
    /// Where the processor's frequency can be chosen.
    private(set) var frequency: FrequencyControl?
    let wake: Int32
    private var thread: Thread?
    /// Asked to stop; models are loaded and tasks run (1) or can't (2); begun.
    private let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 3)
    /// Guards what follows, which the control thread changes.
    let lock = Lock()
    var progress: [TaskProgress]
    private var requests: [(task: Int, isOn: Bool)] = []

    /// Opens nothing yet. Fails with `resource` where the system gives no event descriptor.
    public init(_ device: Device, runtime: Runtime, folders: ModelFolders) throws(Failure) {
        self.device = device
        self.runtime = runtime
        self.folders = folders
        progress = [TaskProgress](repeating: TaskProgress(), count: device.configuration.tasks.count)
        wake = console_wake_open()
        words.initialize(repeating: 0, count: 3)
        guard wake >= 0 else { throw .system(.resource, "cannot make an event descriptor") }
    }

    deinit {
        if wake >= 0 { close(wake) }
        words.deallocate()
    }

    /// Whether the configuration has any.
    public var isEmpty: Bool { device.configuration.tasks.isEmpty }

    /// Looks whether the models are there and fit their tasks and rules. Loads none.
    /// - Throws: what is wrong, with the place in the configuration.
    public func check() throws(Failure) {
        for task in device.configuration.tasks {
            for model in task.models {
                do throws(Failure) {
                    try TaskVariant.check(try folders.path(of: model), task, source(of: task))
                } catch {
                    // A rule's own place is better.
                    throw error.kind == .usage ? error : Failure(error.kind, "\(task.place): [task \(task.name)]: \(error.description)")
                }
            }
        }
    }

    /// Begins to load models; tasks run once they are there, and what keeps them from it is in the log. Fails with `resource` where
    /// there can be no thread.
    public func start() throws(Failure) {
        guard !isEmpty, !device.isFast else {
            if !isEmpty { device.log.write(.debug, "tasks are left alone in fast time") }
            return
        }
        linux_store(words + 2, 1)
        thread = try Thread { [self] in
            let control = TaskControl(self)
            do throws(Failure) {
                try prepare()
                try control.begin()
                linux_store(words + 1, 1)
            } catch {
                device.log.write(.error, "tasks: \(error.description)")
                for index in progress.indices { update(index) { $0.hasFailed = true } }
                linux_store(words + 1, 2)
                return
            }
            control.run()
        }
    }

    /// Ends cameras and jobs; outputs are the device's, which puts them back.
    public func stop() {
        linux_store(words, 1)
        console_wake_post(wake)
        thread?.join()
        thread = nil
        for camera in cameras { camera.stop() }
        for motion in motions { motion.stop() }
        sound?.stop()
        scheduler?.stop()
        recorder?.stop()
        for task in tasks { (task.scheduler, task.input) = (nil, nil) }
    }

    var isStopping: Bool { linux_load(words) != 0 }

    /// Models are still being loaded.
    public var isLoading: Bool { linux_load(words + 2) != 0 && linux_load(words + 1) == 0 }

    /// Loads and measures every variant of every task.
    private func prepare() throws(Failure) {
        let configuration = device.configuration
        if configuration.isRecorded, let records = configuration.records {
            // Before models are loaded, so that what these may take is known. A quarter of what a budget leaves.
            let library = runtime.library, left = library.budgetBytes.map { max(0, $0 - library.takenBytes) / 4 }
            recorder = try Recorder(device, records, budget: left, describe: recordText)
        }
        frequency = FrequencyControl(device, tasks: configuration.tasks.count)
        for camera in configuration.cameras {
            cameras.append(CameraLoop(camera, board: device.board, announce: { [device] state, title in
                device.log.write(state == .searching ? .warning : .info, "camera \(camera.name) \(state.name): \(title)")
            }))
            cameras.last?.ring = recorder?.ring(of: camera.name)
        }
        for (number, task) in configuration.tasks.enumerated() {
            var paths: [String] = []
            for model in task.models { paths.append(try folders.path(of: model)) }
            let user = ModelUser(name: "task \(task.name)", pause: { [unowned(unsafe) self] in
                usleep(20_000)
                return !isStopping
            })
            let shelf = VariantShelf(task, paths: paths, library: runtime.library, user: user, frequency: frequency)
            do throws(Failure) {
                try shelf.measureAll()
            } catch {
                throw Failure(error.kind, "\(task.place): [task \(task.name)]: \(error.description)")
            }
            shelves.append(shelf)
            if let format = shelf.sounds.first { shelf.limitRate(to: format.windowsPerSecond) }
            let running = RunningTask(shelf.task, number: number, events: events, wake: wake)
            try connect(running, task, shelf)
            tasks.append(running)
        }
        for task in tasks { task.condition = condition(task.configuration.condition) }
        var works: [any DeadlineWork] = []
        for task in tasks { works.append(task) }
        let scheduler = TaskScheduler(works, gate: runtime.gate)
        scheduler.governor = frequency?.governor
        for task in tasks { task.scheduler = scheduler }
        self.scheduler = scheduler
    }

    /// A sensor is a task's input where no camera is called so.
    private func source(of task: DeviceConfiguration.Task) -> TaskSource {
        if device.configuration.hears(task) { return .microphone }
        return device.configuration.cameras.contains(where: { $0.name == task.input }) ? .camera : .motion
    }

    private func connect(_ running: RunningTask, _ task: DeviceConfiguration.Task, _ shelf: VariantShelf) throws(Failure) {
        if let camera = cameras.first(where: { $0.name == task.input }) {
            camera.add(running)
            running.input = CameraInput(camera)
            return
        }
        if device.configuration.hears(task) { return try connectSound(running, task, shelf) }
        guard let track = device.tracks.first(where: { $0.source.name == task.input }), let samples = track.windowSamples else {
            throw Failure(.usage, "\(task.place): there is no camera or sensor \(task.input)")
        }
        guard let format = shelf.windows.first, shelf.windows.allSatisfy({ $0.rateHertz == format.rateHertz }) else {
            throw Failure(.usage, "\(task.place): the models' windows have different rates; one is expected")
        }
        if !motions.contains(where: { $0.name == task.input }) { motions.append(MotionLoop(track, samples: samples)) }
        for motion in motions where motion.name == task.input {
            let longest = shelf.windows.reduce(0) { max($0, $1.rows) }
            running.input = motion.add(running, rows: longest, rateHertz: format.rateHertz)
        }
    }

    private func connectSound(_ running: RunningTask, _ task: DeviceConfiguration.Task, _ shelf: VariantShelf) throws(Failure) {
        guard let microphone = device.microphone, let samples = microphone.taskSamples else {
            throw Failure(.usage, "\(task.place): there is no microphone; `log` says why")
        }
        guard let format = shelf.sounds.first, shelf.sounds.allSatisfy({ $0.rateHertz == format.rateHertz }) else {
            throw Failure(.usage, "\(task.place): the models want sound of different rates; one is expected")
        }
        let loop = sound ?? SoundLoop(microphone, samples: samples)
        sound = loop
        running.input = loop.add(running, window: shelf.sounds.reduce(0) { max($0, $1.window) }, format: format)
    }

    private func condition(_ condition: DeviceConfiguration.TaskCondition) -> () -> Bool {
        switch condition {
        case .always, .started: return { true }
        case .input(let name):
            guard let input = device.watch?.inputs.first(where: { $0.name == name }) else { return { false } }
            return { input.level == true }
        case .task(let name):
            guard let other = tasks.first(where: { $0.configuration.name == name }) else { return { false } }
            // No cycle that matters: tasks live as long as the service.
            let unmanaged = Unmanaged.passUnretained(other)
            return { unmanaged.takeUnretainedValue().holds }
        }
    }

    func update(_ task: Int, _ change: (inout TaskProgress) -> Void) {
        lock.lock()
        change(&progress[task])
        lock.unlock()
    }

    // MARK: commands

    /// Starts or stops a task. Fails with `usage` where there is none of that name, and where it would not fit.
    public func set(_ name: String, isOn: Bool) throws(Failure) {
        guard let number = device.configuration.tasks.firstIndex(where: { $0.name == name }) else {
            throw Failure(.usage, "there is no task \(name); `tasks` lists them")
        }
        guard number < tasks.count, linux_load(words + 1) == 1 else {
            throw Failure(.usage, "the tasks are not running; `log` says why")
        }
        guard isOn else {
            tasks[number].isStarted = false
            console_wake_post(wake)
            return
        }
        var served: [ServedTask] = []
        for (index, task) in tasks.enumerated() { served.append(serve(index, isActive: index == number || task.isStarted)) }
        guard ServiceLevels.first(served) != nil else {
            throw Failure(.usage, "\(name) does not fit: \(Self.figures(tasks, served))")
        }
        tasks[number].isStarted = true
        console_wake_post(wake)
    }

    /// What is known of a task when levels are chosen.
    private func serve(_ index: Int, isActive: Bool) -> ServedTask {
        let shelf = shelves[index], task = shelf.task
        var served = ServedTask(costs: shelf.costs, sections: shelf.sections, period: Int64(1e9 / Double(task.rateHertz)),
                                deadline: task.deadline, priority: task.priority, isActive: isActive)
        measure(index, into: &served)
        return served
    }

    /// All tasks as they are served first: those that are started, whatever their inputs do.
    var servedAtStart: [ServedTask] { tasks.indices.map { serve($0, isActive: tasks[$0].isStarted) } }

    /// What a task's jobs took lately, and with other variants that by proportion; what was measured at load before there are
    /// any. Allocates nothing.
    func measure(_ index: Int, into served: inout ServedTask) {
        lock.lock()
        let variant = progress[index].variant, isSwitching = progress[index].isSwitching
        lock.unlock()
        let heat = frequency?.slowdown(shelves[index].jobs[variant]) ?? 1
        let own = shelves[index].costs[variant]
        var factor = 1.0
        // One that is paused takes no times: what was measured once is what it is tried again with.
        if !isSwitching, tasks[index].every > 0, own > 0, let load = scheduler?.load(of: index), load.newestCost > 0 {
            factor = Double(max(load.newestCost, load.cost)) / Double(own)
        }
        factor *= heat
        for number in served.costs.indices { served.costs[number] = Int64(Double(shelves[index].costs[number]) * factor) }
    }

    func variant(of index: Int) -> Int {
        lock.lock()
        defer { lock.unlock() }
        return progress[index].variant
    }

    /// "watch 12.3 ms × 30.0/s = 37 %, …; together 95 % of at most 90 %".
    static func figures(_ tasks: [RunningTask], _ served: [ServedTask]) -> String {
        var text = "", sum = 0.0
        for (task, demand) in zip(tasks, served) where demand.isActive {
            guard let least = demand.costs.last else { continue }
            let use = Double(least) / Double(demand.period)
            sum += use
            text += (text.isEmpty ? "" : ", ") + "\(task.configuration.name) takes \(milliseconds(least, decimals: 1)) of "
                + "\(milliseconds(demand.deadline, decimals: 1)), \(fixed(task.configuration.rateHertz, decimals: 1)) times a second: "
                + "\(fixed(use * 100, decimals: 0)) %"
        }
        return text + "; together \(fixed(sum * 100, decimals: 0)) % of at most "
            + "\(fixed((1 - ServiceLevels.reserve) * 100, decimals: 0)) %, each with its smallest model"
    }

    /// Every task as it is now.
    public var rows: [TaskRow] {
        var rows: [TaskRow] = []
        for (index, task) in device.configuration.tasks.enumerated() {
            lock.lock()
            let own = progress[index]
            lock.unlock()
            rows.append(row(index, task, own))
        }
        return rows
    }

    private func row(_ index: Int, _ task: DeviceConfiguration.Task, _ own: TaskProgress) -> TaskRow {
        let isThere = linux_load(words + 1) == 1, task = isThere ? tasks[index].configuration : task
        let running = isThere ? tasks[index] : nil, reading = running?.reading.read() ?? TaskReading()
        var state = TaskRow.State.loading
        if own.hasFailed { state = .failed } else if let running {
            state = !running.isStarted ? .stopped : !running.condition() ? .waiting : running.every == 0 ? .paused : .running
        }
        let every = running?.every ?? 1
        return TaskRow(
            name: task.name, state: state, variant: own.variantName, unit: source(of: task) == .camera ? "frames" : "windows",
            rateHertz: every == 0 ? 0 : Double(task.rateHertz) / Double(every),
            deadlineNanoseconds: task.deadline, statistics: scheduler.map { isThere ? $0.statistics(of: index) : JobStatistics() }
                ?? JobStatistics(),
            reading: reading, label: reading.best >= 0 && reading.best < own.labels.count ? own.labels[reading.best] : "",
            holds: running?.holds ?? false, predictedNanoseconds: own.predictedNanoseconds, switches: own.switches,
            switchNanoseconds: own.switchNanoseconds)
    }

    /// How a task's jobs have fared, with the latencies of the newest; nil before tasks run. Allocates nothing.
    func newest(of index: Int, since done: Int, into times: UnsafeMutableBufferPointer<Int64>)
        -> (done: Int, missed: Int, times: Int, variant: Int)? {
        guard linux_load(words + 1) == 1, let scheduler else { return nil }
        let newest = scheduler.newest(of: index, since: done, into: times)
        return (newest.done, newest.missed, newest.times, tasks[index].reading.read().variant)
    }

    /// The frequency that tasks got; nil where it is the kernel's to choose.
    public var frequencyRow: FrequencyRow? { linux_load(words + 1) == 1 ? frequency?.row : nil }

    /// How records fare; nil where none are kept.
    public var recordReading: RecordReading? { linux_load(words + 1) == 1 ? recorder?.reading.read() : nil }

    /// Every camera as it is now.
    public var cameraRows: [CameraRow] {
        guard linux_load(words + 1) == 1 else { return [] }
        return cameras.map { CameraRow(name: $0.name, title: $0.title, reading: $0.reading.read()) }
    }
}

/// What the control thread knows of a task and others show.
struct TaskProgress {
    /// Number of the variant chosen, its name and labels.
    var variant = 0
    var variantName = ""
    var labels: [String] = []
    /// It is chosen and hasn't answered yet.
    var isSwitching = false
    var predictedNanoseconds: Int64 = 0
    var switches = 0
    var switchNanoseconds: Int64 = 0
    var hasFailed = false
}
