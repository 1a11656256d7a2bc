import Board
import CConsole
import CLinux
import Platform

/// A board at work: its sensors in their threads, its lines, and what was changed and must be put back. Commands and
/// consoles use it from threads below the sensors'.
public final class Device {
    public let board: Board
    public let configuration: DeviceConfiguration
    public let log: Log
    public let startNanoseconds: Int64
    private(set) var tracks: [SensorTrack] = []
    private(set) var loops: [SensorLoop] = []
    private(set) var watch: LineWatch?
    private(set) var outputs: [(name: String, line: any OutputLine, level: Bool)] = []
    private(set) var policies: [any FrequencyPolicy] = []
    /// Posted to when a thread has events or a signal came.
    let wake: Int32
    private var isStarted = false
    /// The log that the simulated board moves by.
    var simulatedLog: String?
    /// Set by `reboot` and `quit`, and read by the server.
    let ending = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    /// How the firmware ends; written before `ending`.
    var end = DeviceEnd.exit

    public init(board: Board, configuration: DeviceConfiguration) throws(Failure) {
        self.board = board
        self.configuration = configuration
        startNanoseconds = monotonicNanoseconds()
        log = Log(start: startNanoseconds)
        log.level = configuration.logLevel
        wake = console_wake_open()
        guard wake >= 0 else { throw .system(.resource, "cannot make an event descriptor") }
        ending.initialize(to: 0)
    }

    deinit {
        close(wake)
        ending.deallocate()
    }

    /// Adds sensors that share a thread: those of one bus.
    func addLoop(name: String, sources: [any InertialSource], lines: [any InputLine]) throws(Failure) {
        var own: [SensorTrack] = []
        for source in sources {
            let track = SensorTrack(source, number: tracks.count)
            tracks.append(track)
            own.append(track)
        }
        loops.append(try SensorLoop(name: name, board: board, tracks: own, lines: lines, prepare: { [unowned self] in prepareThread() },
                                    announce: { [wake] in console_wake_post(wake) }))
    }

    private func prepareThread() {}

    func start() throws(Failure) {
        policies = board.frequencyPolicies()
        for loop in loops { try loop.start() }
        isStarted = true
    }

    /// Ends all threads and puts back what was changed.
    func stop() {
        guard isStarted else { return }
        isStarted = false
        for loop in loops { loop.stop() }
        watch?.stop()
        for policy in policies { policy.restore() }
        outputs = []
    }

    /// Asks the firmware to end; any thread.
    func requestEnd(_ end: DeviceEnd) {
        self.end = end
        linux_store(ending, 1)
        console_wake_post(wake)
    }

    var isEnding: Bool { linux_load(ending) != 0 }

    func track(named name: String?) throws(Failure) -> SensorTrack {
        guard let name else {
            guard let first = tracks.first else { throw Failure(.usage, "there is no motion sensor; `sensors` tells what was looked for") }
            return first
        }
        for track in tracks where track.source.name == name { return track }
        throw Failure(.usage, "no sensor \(name); `sensors` lists them")
    }

    /// Turns what the threads told into lines of the log; for the server's thread alone.
    func drainEvents() {
        for loop in loops {
            while let event = loop.events.pop() { log(event) }
        }
        if let watch {
            while let event = watch.events.pop() { log(event) }
        }
    }

    private func log(_ event: FirmwareEvent) {
        let (level, text) = EventText.describe(event, self)
        log.write(level, text)
    }
}

/// How the firmware ends.
enum DeviceEnd { case exit, reboot, powerOff }
