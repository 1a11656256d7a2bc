import Board
import CConsole
import CLinux
import Configuration
import Platform

/// A board at work: its sensors in their threads, its lines, and what was changed and must be put back. Commands and
/// consoles use it from threads below the sensors'.
public final class Device {
    /// An output of the configuration, opened, with the level it was set to last.
    public struct Output {
        public var name: String
        public var line: any OutputLine
        public var isOn: Bool

        public init(name: String, line: any OutputLine, isOn: Bool) {
            self.name = name
            self.line = line
            self.isOn = isOn
        }
    }

    public let board: Board
    public let configuration: DeviceConfiguration
    /// The board's time runs as fast as it goes: then one thread alone may wait.
    public let isFast: Bool
    public let log: Log
    public let startNanoseconds: Int64
    public private(set) var tracks: [SensorTrack] = []
    /// Power monitors on its buses.
    public private(set) var meters: [MeterTrack] = []
    private(set) var loops: [SensorLoop] = []
    /// The inputs; nil where there are none.
    public private(set) var watch: LineWatch?
    /// What listens; nil where the configuration wants nothing, and in fast time, where one thread alone may wait.
    public private(set) var microphone: MicrophoneLoop?
    private var groups: [(name: String, tracks: [SensorTrack], meters: [MeterTrack], lines: [any InputLine])] = []
    var inputs: [(name: String, line: any InputLine)] = []
    /// Guarded by `lock`.
    public var outputs: [Output] = []
    /// Called with every output that is set, under `lock`: it must not wait.
    public var outputListener: ((_ name: String, _ isOn: Bool) -> Void)?
    public private(set) var policies: [any FrequencyPolicy] = []
    /// Where the frequency can be the firmware's own to choose.
    public private(set) var frequency: FrequencyHands?
    public private(set) var supervisor: Supervisor?
    /// Guards what commands of several consoles change: outputs, governors, recordings.
    public let lock = Lock()
    /// Posted to when a thread has events or a signal came.
    public let wake: Int32
    private let ready = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let ending = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    /// How the firmware ends; written before `ending`.
    public private(set) var end = DeviceEnd.exit

    /// Touches nothing of the board before `start`. Fails with `resource` where the system gives no event descriptor.
    public init(board: Board, configuration: DeviceConfiguration, isFast: Bool = false) throws(Failure) {
        self.board = board
        self.configuration = configuration
        self.isFast = isFast
        startNanoseconds = monotonicNanoseconds()
        log = Log(start: startNanoseconds)
        log.level = configuration.logLevel
        wake = console_wake_open()
        guard wake >= 0 else { throw .system(.resource, "cannot make an event descriptor") }
        ending.initialize(to: 0)
        ready.initialize(to: 0)
    }

    deinit {
        close(wake)
        ending.deallocate()
        ready.deallocate()
    }

    /// Adds sensors and power monitors that share a thread: those of one bus.
    func addLoop(name: String, sources: [SensorSource], meters added: [MeterSource], lines: [any InputLine]) {
        var own: [SensorTrack] = []
        for source in sources {
            let track = SensorTrack(source, number: tracks.count)
            if configuration.tasks.contains(where: { $0.input == source.name }) { track.feedWindows() }
            if configuration.isRecorded { track.feedRecords() }
            tracks.append(track)
            own.append(track)
        }
        var ownMeters: [MeterTrack] = []
        for source in added {
            let meter = MeterTrack(source, number: meters.count)
            meters.append(meter)
            ownMeters.append(meter)
        }
        groups.append((name, own, ownMeters, lines))
    }

    /// Starts the threads. Fails where the configuration asks for what the board hasn't.
    public func start() throws(Failure) {
        let announce = { [wake] in console_wake_post(wake) }
        if !inputs.isEmpty { watch = LineWatch(inputs) }
        if isFast {
            // A wait moves the board's clock for everybody: sensors and lines share the only one.
            var lines: [any InputLine] = []
            for group in groups { lines += group.lines }
            for input in inputs { lines.append(input.line) }
            loops = [try SensorLoop(name: "all", board: board, tracks: tracks, meters: meters, watch: watch, lines: lines, paced: false,
                                    prepare: {}, announce: announce)]
        } else {
            for group in groups {
                loops.append(try SensorLoop(name: group.name, board: board, tracks: group.tracks, meters: group.meters, watch: nil,
                                            lines: group.lines,
                                            paced: true,
                                            prepare: { [unowned(unsafe) self] in becomeRealTime(priority: configuration.realTimePriority,
                                                                                                name: group.name) },
                                            announce: announce))
            }
            if let watch {
                var lines: [any InputLine] = []
                for input in inputs { lines.append(input.line) }
                loops.append(try SensorLoop(name: "lines", board: board, tracks: [], watch: watch, lines: lines, paced: true,
                                            prepare: { [unowned(unsafe) self] in becomeRealTime(priority: configuration.realTimePriority
                                                                                                - 1, name: "lines") },
                                            announce: announce))
            }
        }
        policies = board.frequencyPolicies()
        frequency = FrequencyHands(policies)
        try govern()
        for loop in loops { try loop.start() }
        startMicrophone(announce)
        do throws(Failure) {
            supervisor = try Supervisor(self)
        } catch {
            for loop in loops { loop.stop() }
            microphone?.stop()
            throw error
        }
        linux_store(ready, 1)
        console_wake_post(wake)
        if configuration.locksMemory, !isFast, let complaint = RealTime.lockMemory() { log.write(.info, complaint) }
    }

    /// As the configuration wants it.
    private func govern() throws(Failure) {
        guard let governor = configuration.governor else { return }
        if policies.isEmpty { return log.write(.warning, "governor \(governor): this kernel has no cpufreq") }
        guard governor == FrequencyHands.name else {
            for policy in policies { try policy.setGovernor(governor) }
            return
        }
        if configuration.tasks.isEmpty { return log.write(.warning, "governor \(governor): there are no tasks; the kernel's stays") }
        guard !isFast, let frequency else {
            let reason = isFast ? "left alone in fast time" : "no policy has a table of frequencies"
            return log.write(.warning, "governor \(governor): \(reason)")
        }
        try frequency.engage()
    }

    /// Not one of `loops`: the watchdog isn't kept from its food by a sound card's driver that hangs. A microphone that can't
    /// have its thread stops nobody.
    private func startMicrophone(_ announce: @escaping () -> Void) {
        guard let wanted = configuration.microphone else { return }
        guard !isFast else { return log.write(.debug, "the microphone is left alone in fast time") }
        let loop = MicrophoneLoop(board: board, request: wanted.request, prepare: { [unowned(unsafe) self] in
            becomeRealTime(priority: configuration.realTimePriority - 2, name: "microphone")
        }, announce: announce)
        if configuration.tasks.contains(where: { configuration.hears($0) }) { loop.feedTasks() }
        do throws(Failure) {
            if configuration.isRecorded { loop.feedRecords() }
            try loop.start()
            microphone = loop
        } catch {
            log.write(.error, "microphone: \(error.description)")
        }
    }

    private func becomeRealTime(priority: Int, name: String) {
        guard priority > 0, !isFast else { return }
        if let complaint = RealTime.useRealTimePriority(Int32(priority)) { log.write(.info, "\(name): \(complaint)") }
    }

    /// Ends all threads and puts back what was changed.
    public func stop() {
        guard isReady else { return }
        linux_store(ready, 0)
        for loop in loops { loop.stop() }
        microphone?.stop()
        supervisor?.stop()
        lock.lock()
        // Lines are released with their objects.
        let released = outputs
        outputs = []
        lock.unlock()
        for output in released where output.isOn { log.write(.info, "\(output.name) is released") }
        frequency?.release()
        for policy in policies {
            let before = (try? policy.governor()) ?? ""
            policy.restore()
            let after = (try? policy.governor()) ?? ""
            if after != before { log.write(.info, "\(policy.name) is back at \(after)") }
        }
    }

    /// Asks the firmware to end; any thread.
    public func requestEnd(_ end: DeviceEnd) {
        if linux_load(ending) == 0 { self.end = end }
        linux_store(ending, 1)
        console_wake_post(wake)
    }

    /// Sensors and lines are there; what is opened before isn't looked at until then.
    public var isReady: Bool { linux_load(ready) != 0 }
    public var isEnding: Bool { linux_load(ending) != 0 }

    /// The sensor of that name, the first where there is no name. Fails with `usage` where there is none.
    public func track(named name: String?) throws(Failure) -> SensorTrack {
        guard let name else {
            guard let first = tracks.first else {
                throw Failure(.usage, "no motion sensor is configured; [imu] in the configuration adds one")
            }
            return first
        }
        for track in tracks where track.source.name == name { return track }
        throw Failure(.usage, "no sensor \(name); `sensors` lists them")
    }

    /// The power monitor of that name, the first where there is no name. Fails with `usage` where there is none.
    public func meter(named name: String?) throws(Failure) -> MeterTrack {
        guard let name else {
            guard let first = meters.first else {
                throw Failure(.usage, "no power monitor is configured; [meter NAME] in the configuration adds one")
            }
            return first
        }
        for meter in meters where meter.source.name == name { return meter }
        throw Failure(.usage, "no power monitor \(name); `power` lists them")
    }

    /// Sets an output of the configuration. Fails with `usage` where there is none, and as the line does.
    public func setOutput(_ name: String, isOn: Bool) throws(Failure) {
        lock.lock()
        defer { lock.unlock() }
        for index in outputs.indices where outputs[index].name == name {
            try outputs[index].line.set(isOn)
            outputs[index].isOn = isOn
            outputListener?(name, isOn)
            return
        }
        throw Failure(.usage, "there is no output \(name)")
    }

    /// Hands over what the threads told; for the server's thread alone.
    public func drainEvents(_ take: (FirmwareEvent) -> Void) {
        guard isReady else { return }
        for loop in loops {
            while let event = loop.events.pop() { take(event) }
        }
        while let event = microphone?.events.pop() { take(event) }
    }
}

/// How the firmware ends.
public enum DeviceEnd: Sendable { case exit, reboot, powerOff }
