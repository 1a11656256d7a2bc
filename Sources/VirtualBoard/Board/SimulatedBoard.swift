import Board
import Platform

/// A board without hardware: simulated chips on buses, lines with things wired to them, frequency, temperature. Its
/// clock is the machine's, or in fast time a counter that moves while somebody waits and by what transfers take.
///
/// In real time any number of threads may use it at once. In fast time a wait moves the clock for everybody, so only one
/// thread should wait: the one that reads the sensors; others may look. Without real time's unpredictable thread
/// switches, a fast board does the same for the same seed and the same calls.
public final class SimulatedBoard: Board {
    public let time: SimulatedTime
    public private(set) var buses: [SimulatedBus] = []
    public private(set) var lines: [SimulatedLine] = []
    private var scripts: [LineScript] = []
    private var waitSets: [Unmanaged<SimulatedWaitSet>] = []
    let power: SimulatedPower
    /// What its microphone hears, and what is wrong with it.
    let sound: SimulatedSound
    private let policies: [FrequencyPolicy]
    /// What there is, for whoever configures a firmware to use it.
    public internal(set) var layout = BoardLayout()
    /// The watchdog that was opened last.
    public internal(set) var watchdog: SimulatedWatchdog?

    /// Empty: buses, lines and scripts are added. `fast`: see `SimulatedTime`.
    public init(fast: Bool) {
        time = SimulatedTime(isFast: fast)
        power = SimulatedPower(startNanoseconds: time.lockedNow, isFast: fast)
        sound = SimulatedSound(startNanoseconds: time.lockedNow)
        var controls: [FrequencyPolicy] = []
        for policy in power.policies { controls.append(SimulatedFrequencyPolicy(policy, power: power, time: time)) }
        policies = controls
        super.init()
        // No cycle that matters: the time lives as long as its board.
        let board = Unmanaged.passUnretained(self)
        time.onChange = { board.takeUnretainedValue().plansMayHaveChanged() }
    }

    deinit { time.onChange = nil }

    public override var rehearsal: Rehearsal? { self }

    public override var name: String { time.isFast ? "simulated board (fast time)" : "simulated board" }

    // MARK: building; before anybody uses it

    /// A bus without chips, under the name that `openBus` finds it by: "/dev/i2c-1".
    public func addBus(_ name: String) -> SimulatedBus {
        let bus = SimulatedBus(name: name, time: time)
        buses.append(bus)
        return bus
    }

    /// - Parameters:
    ///   - identifier: "gpiochip0/4".
    ///   - label: the line's name.
    public func addLine(_ identifier: String, _ label: String, level: Bool = false) -> SimulatedLine {
        let line = SimulatedLine(identifier: identifier, label: label, level: level)
        lines.append(line)
        return line
    }

    /// Lets a line's level follow a script as the board's time goes on.
    public func addScript(_ script: LineScript) { scripts.append(script) }

    // MARK: time

    public override func now() -> Int64 { time.now() }

    public override func makeWaitSet(_ lines: [InputLine]) throws(Failure) -> WaitSet {
        var inputs: [SimulatedInput] = []
        for line in lines {
            guard let input = unsafeDowncast(line) else { throw Failure(.usage, "\(line.name) is not a line of \(name)") }
            inputs.append(input)
        }
        return try SimulatedWaitSet(self, inputs)
    }

    /// The input object behind the protocol: only those this board made are its own. Embedded Swift has no casts.
    private func unsafeDowncast(_ line: InputLine) -> SimulatedInput? {
        locked {
            for own in lines {
                if let input = own.input?.takeUnretainedValue(), input === line { return input }
            }
            return nil
        }
    }

    // MARK: senses and hands

    public override func busNames() -> [String] { buses.map { $0.name } }

    public override func openBus(_ request: BusRequest) throws(Failure) -> I2CBus {
        let name = request.bus
        // "/dev/i2c-1", or as configurations have it "i2c-1".
        for bus in buses where bus.name == name || bus.name == "/dev/" + name { return bus }
        throw Failure(.inputOutput, "no I2C bus \(name); \(self.name) has " + buses.map { $0.name }.joined(separator: ", "))
    }

    public override func openInput(_ request: LineRequest) throws(Failure) -> InputLine {
        let line = try find(request.line)
        let input = SimulatedInput(line, request, board: self)
        let isTaken = locked {
            advanceLocked()
            if line.input != nil || line.isOutput { return true }
            line.input = Unmanaged.passUnretained(input)
            return false
        }
        if isTaken { throw Failure(.inputOutput, "line \(request.line) is in use") }
        return input
    }

    public override func openOutput(_ request: LineRequest) throws(Failure) -> OutputLine {
        let line = try find(request.line)
        let isTaken = locked {
            if line.input != nil || line.isOutput { return true }
            line.isOutput = true
            return false
        }
        if isTaken { throw Failure(.inputOutput, "line \(request.line) is in use") }
        return SimulatedOutput(line, request, board: self)
    }

    // MARK: hearing

    public override func microphones() -> [MicrophoneListing] {
        let (isPlugged, isOpen) = locked { (sound.isPlugged, sound.isOpen) }
        guard isPlugged, layout.hasMicrophone else { return [] }
        return [MicrophoneListing(identifier: SimulatedSound.identifier, name: SimulatedMicrophone.title, isBusy: isOpen)]
    }

    public override func openMicrophone(_ request: MicrophoneRequest) throws(Failure) -> Microphone {
        guard let listing = microphones().first else { throw Failure(.inputOutput, "\(name) has no microphone") }
        let names = ["default", SimulatedSound.card, SimulatedSound.identifier]
        guard names.contains(request.device) else {
            throw Failure(.inputOutput, "no microphone \(request.device); there is \(listing.identifier)")
        }
        return try SimulatedMicrophone(request, board: self)
    }

    // MARK: sight

    public override func openCamera(_ request: CameraRequest) throws(Failure) -> Camera {
        guard request.device == "simulated" else {
            throw Failure(.inputOutput, "no camera \(request.device); \(name) has one called simulated")
        }
        let time = time
        return try SimulatedCamera(request, now: { time.now() })
    }

    /// By identifier or label.
    public func line(_ name: String) -> SimulatedLine? {
        for line in lines where line.identifier == name || line.label == name { return line }
        return nil
    }

    private func find(_ name: String) throws(Failure) -> SimulatedLine {
        guard let line = line(name) else { throw Failure(.inputOutput, "no line \(name) on \(self.name)") }
        return line
    }

    /// Level of a line's wire now.
    public func level(_ line: SimulatedLine) -> Bool {
        locked {
            advanceLocked()
            return line.level
        }
    }

    /// A hand on a line: a button pressed, a door opened.
    public func drive(_ line: SimulatedLine, _ level: Bool) {
        locked {
            advanceLocked()
            line.drive(level, atNanoseconds: time.lockedNow)
            plansMayHaveChanged()
        }
    }

    /// The other level for a time.
    public func pulse(_ line: SimulatedLine, nanoseconds: Int64) {
        locked {
            advanceLocked()
            pulseLocked(line, !line.level, nanoseconds)
        }
    }

    /// A level for a time, then its opposite.
    func pulse(_ line: SimulatedLine, _ level: Bool, nanoseconds: Int64) {
        locked {
            advanceLocked()
            pulseLocked(line, level, nanoseconds)
        }
    }

    private func pulseLocked(_ line: SimulatedLine, _ level: Bool, _ nanoseconds: Int64) {
        let now = time.lockedNow
        line.drive(level, atNanoseconds: now)
        // A finished script's place is taken again, so that pressing for days needs no memory.
        let script = LineScript(line, startNanoseconds: now, [LineScript.Step(nanoseconds: nanoseconds, level: !level)])
        if let index = scripts.firstIndex(where: { $0.nextNanoseconds == nil }) { scripts[index] = script } else { scripts.append(script) }
        plansMayHaveChanged()
    }

    /// A fault on whichever bus has the chip; those without an address on every bus.
    public func apply(_ fault: Fault) throws(Failure) {
        let failure: Failure? = locked {
            advanceLocked()
            defer { plansMayHaveChanged() }
            let now = time.lockedNow
            guard let address = fault.address else {
                for bus in buses {
                    if let failure = bus.applyLocked(fault, now) { return failure }
                }
                return nil
            }
            for bus in buses where bus.has(address) { return bus.applyLocked(fault, now) }
            return Failure(.usage, "\(name) has no chip at that address")
        }
        if let failure { throw failure }
    }

    // MARK: power

    public override func frequencyPolicies() -> [FrequencyPolicy] { policies }
    public override func temperatures() -> [(zone: String, celsius: Float)] { locked { power.temperatures(time.lockedNow) } }
    public override func openThermometer() -> Thermometer? { SimulatedThermometer(power, time) }
    public override func memoryPressure() -> Float? { locked { power.memoryPressure } }

    public override func openWatchdog(timeoutSeconds: Int) throws(Failure) -> Watchdog? {
        guard timeoutSeconds > 0 else { throw Failure(.usage, "a watchdog needs a timeout of a second or more") }
        let opened = SimulatedWatchdog(timeoutSeconds: timeoutSeconds, time: time)
        locked { watchdog = opened }
        return opened
    }

    // MARK: with the lock held

    func locked<Result>(_ body: () -> Result) -> Result { time.locked(body) }

    /// Brings chips, scripts and debouncing up to now.
    func advanceLocked() {
        let now = time.lockedNow
        for index in 0..<scripts.count { scripts[index].advance(toNanoseconds: now) }
        for bus in buses { bus.advance(toNanoseconds: now) }
        for line in lines { line.input?.takeUnretainedValue().settle(now) }
    }

    /// When anything happens next without anybody's doing.
    func nextEventLocked() -> Int64? {
        var next = Int64.max
        for bus in buses { next = min(next, bus.nextEventNanoseconds ?? .max) }
        for script in scripts { next = min(next, script.nextNanoseconds ?? .max) }
        for line in lines { next = min(next, line.input?.takeUnretainedValue().nextEventNanoseconds ?? .max) }
        return next == .max ? nil : next
    }

    func add(_ set: SimulatedWaitSet) { waitSets.append(Unmanaged.passUnretained(set)) }

    func remove(_ set: SimulatedWaitSet) {
        for index in 0..<waitSets.count where waitSets[index].toOpaque() == Unmanaged.passUnretained(set).toOpaque() {
            waitSets.remove(at: index)
            return
        }
    }

    /// Somebody configured a chip or pressed a button: whoever sleeps may have to wake earlier.
    func plansMayHaveChanged() {
        for set in waitSets { set.takeUnretainedValue().replan() }
    }
}
