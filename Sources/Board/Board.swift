import Platform

/// The board as a value: buses, lines, frequency, temperatures, time. `HardwareBoard` is Linux's, `SimulatedBoard`
/// (module VirtualBoard) plays recorded sensors on any machine; firmware knows neither.
open class Board {
    public init() {}

    /// What `status` calls it.
    open var name: String { "no board" }

    // MARK: time

    /// Monotonic nanoseconds. A simulated board has a clock of its own, which may run faster than time.
    open func now() -> Int64 { monotonicNanoseconds() }

    /// A place to wait for edges and deadlines; made once, used without allocating.
    open func makeWaitSet(_ lines: [InputLine]) throws(Failure) -> WaitSet {
        throw Failure(.unsupported, "\(name) has no lines to wait for")
    }

    // MARK: senses and hands

    /// Names of the I2C buses that there are.
    open func busNames() -> [String] { [] }
    /// Opens an I2C bus by name. Fails with `inputOutput` where there is none or it can't be opened.
    open func openBus(_ request: BusRequest) throws(Failure) -> I2CBus { throw Failure(.inputOutput, "no I2C bus \(request.bus)") }
    /// Takes a GPIO line as an input, for as long as the object lives. Fails where there is no such line or somebody has it.
    open func openInput(_ request: LineRequest) throws(Failure) -> InputLine { throw Failure(.inputOutput, "no line \(request.line)") }
    /// Takes a GPIO line as an output, for as long as the object lives. Fails as `openInput` does.
    open func openOutput(_ request: LineRequest) throws(Failure) -> OutputLine { throw Failure(.inputOutput, "no line \(request.line)") }

    // MARK: hearing

    /// Devices that capture sound, in the order in which "default" looks for one.
    open func microphones() -> [MicrophoneListing] { [] }
    /// Opens a microphone and starts it. Fails with `inputOutput` where there is none of that name, or somebody has it.
    open func openMicrophone(_ request: MicrophoneRequest) throws(Failure) -> Microphone {
        throw Failure(.inputOutput, "\(name) has no microphone")
    }

    // MARK: sight

    /// Opens a camera and starts it. Fails with `inputOutput` where there is none of that name, or somebody has it.
    open func openCamera(_ request: CameraRequest) throws(Failure) -> Camera {
        throw Failure(.inputOutput, "\(name) has no camera \(request.device)")
    }

    // MARK: power

    /// One control a cpufreq policy; none where the kernel has no cpufreq.
    open func frequencyPolicies() -> [FrequencyPolicy] { [] }
    /// What the system itself tells of power and energy, read now: the kernel's sensors, supplies, energy counters.
    open func powerSources() -> [PowerSource] { [] }
    /// Names and temperatures (degrees Celsius) of the thermal zones.
    open func temperatures() -> [(zone: String, celsius: Float)] { [] }
    /// What tells how hot the processor is, again and again; nil where nothing does.
    open func openThermometer() -> Thermometer? { nil }
    /// Share of the last ten seconds (0 to 1) in which some task waited for memory; nil where the kernel doesn't tell.
    open func memoryPressure() -> Float? { nil }
    /// Opens the watchdog; nil where there is none.
    open func openWatchdog(timeoutSeconds: Int) throws(Failure) -> Watchdog? { nil }

    // MARK: rehearsal

    /// Where things can be made to happen; nil on a board that is real.
    open var rehearsal: Rehearsal? { nil }
}

/// A set of inputs that one thread waits for.
public protocol WaitSet: AnyObject {
    /// Returns when an input has edges (true), or at the deadline or on `wake` (false). Allocates nothing.
    func wait(untilNanoseconds deadline: Int64) -> Bool
    /// Ends the wait of another thread.
    func wake()
}

/// A cpufreq policy: processors that change their frequency together.
public protocol FrequencyPolicy: AnyObject {
    /// "policy0".
    var name: String { get }
    var processors: [Int32] { get }
    var governors: [String] { get }
    /// Frequencies in kilohertz, lowest first; empty where the driver has no table.
    var frequenciesKilohertz: [Int] { get }
    func governor() throws(Failure) -> String
    /// What the processors run at now, as the kernel tells.
    func currentKilohertz() throws(Failure) -> Int
    /// Fails with `usage` where the policy has no such governor, and where this user may not change it.
    func setGovernor(_ name: String) throws(Failure)
    /// Needs the governor "userspace".
    func setSpeed(kilohertz: Int) throws(Failure)
    /// Takes the frequency into the caller's hands until `restore` or another governor: userspace, where there is such a governor
    /// and this user may set it, otherwise by the bounds of the kernel's own choice. Fails with `unsupported` where there is no table
    /// of frequencies, and as `setGovernor`.
    func takeOver() throws(Failure) -> FrequencyHold
    /// Milliseconds spent at each frequency since boot, where the kernel counts them.
    func timeInState() -> [(kilohertz: Int, milliseconds: Int64)]
    /// Puts back what was there when this object was made; does nothing where nothing was changed.
    func restore()
}

/// A policy's frequency in somebody's hands.
public protocol FrequencyHold: AnyObject {
    /// How: "userspace" or "bounds".
    var way: String { get }
    /// Sets the frequency of that number in the policy's table; false where the kernel takes it no more. Allocates nothing.
    func hold(_ index: Int) -> Bool
}

/// Tells the processor's temperature.
public protocol Thermometer: AnyObject {
    /// Degrees Celsius at which the kernel slows the processor down; nil where it doesn't say.
    var throttleCelsius: Double? { get }
    /// Degrees Celsius of the hottest part of it; nil where none answers. Allocates nothing.
    func celsius() -> Double?
}

/// A watchdog that resets the board unless it is fed.
public protocol Watchdog: AnyObject {
    /// How long it waits for `feed` before it resets, as the hardware took it; 0 where nothing watches.
    var timeoutSeconds: Int { get }
    func feed()
    /// Stops it, so that an orderly exit resets nothing.
    func disarm()
}
