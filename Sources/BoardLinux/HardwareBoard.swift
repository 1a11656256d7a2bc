import Board
import CLinux
import Platform

/// Where a board finds Linux's interfaces; other folders serve tests.
public struct HardwarePaths: Sendable {
    public var devices = "/dev"
    public var frequencies = KernelFrequencyPolicy.defaultRoot
    public var savedFrequencies = FrequencyRestore.defaultPath
    public var thermalZones = "/sys/class/thermal"
    public var powerSensors = "/sys/class/hwmon"
    public var supplies = "/sys/class/power_supply"
    public var energyCounters = "/sys/class/powercap"
    public var memoryPressure = "/proc/pressure/memory"
    public var model = "/proc/device-tree/model"
    public var watchdog = "/dev/watchdog"

    public init() {}
}

/// The board this process runs on, through Linux's interfaces.
public final class HardwareBoard: Board {
    private let paths: HardwarePaths
    private let frequencyGuard: FrequencyGuard
    /// Made once, so that each knows what there was before the first change.
    private var policies: [FrequencyPolicy] = []
    private let policiesLock = Lock()

    /// Puts back frequencies that a killed process left changed; buses, lines and policies are opened when they are asked for.
    public init(paths: HardwarePaths = HardwarePaths()) {
        self.paths = paths
        frequencyGuard = FrequencyGuard(root: paths.frequencies, savedPath: paths.savedFrequencies)
        super.init()
    }

    deinit {
        for policy in policies { policy.restore() }
    }

    /// What the device tree calls the board: "Raspberry Pi 4 Model B Rev 1.4".
    public override var name: String {
        let text = splitWords(File.text(paths.model, limit: 4096) ?? "")
        guard var name = text.first else { return "Linux board" }
        for word in text.dropFirst() { name += " " + word }
        return name
    }

    public override func makeWaitSet(_ lines: [InputLine]) throws(Failure) -> WaitSet { try HardwareWaitSet(lines) }

    public override func busNames() -> [String] {
        var names: [String] = []
        for name in Folder.numbered(paths.devices, prefix: "i2c-") { names.append(paths.devices + "/" + name) }
        return names
    }

    public override func openBus(_ request: BusRequest) throws(Failure) -> I2CBus {
        let path = request.bus.utf8.first == UInt8(ascii: "/") ? request.bus : paths.devices + "/" + request.bus
        return try LinuxI2CBus(path: path, recoveryLines: try recoveryLines(request))
    }

    private func recoveryLines(_ request: BusRequest) throws(Failure) -> BusRecoveryLines? {
        guard let clock = request.recoveryClock else { return nil }
        var data: OutputLine?
        let clockLine = try openOnWire(clock)
        if let name = request.recoveryData { data = try openOnWire(name) }
        return BusRecoveryLines(clock: clockLine, data: data)
    }

    private func openOnWire(_ line: String) throws(Failure) -> OutputLine {
        var request = LineRequest(line: line)
        request.isOpenDrain = true
        return try openOutput(request)
    }

    public override func openInput(_ request: LineRequest) throws(Failure) -> InputLine {
        try HardwareInputLine(request, devices: paths.devices)
    }

    public override func microphones() -> [MicrophoneListing] { SoundDevices.all(paths.devices + "/snd").map { $0.listing } }

    public override func openMicrophone(_ request: MicrophoneRequest) throws(Failure) -> Microphone {
        try LinuxMicrophone(request, folder: paths.devices + "/snd")
    }

    public override func openCamera(_ request: CameraRequest) throws(Failure) -> Camera {
        try LinuxCamera(request, folder: paths.devices)
    }

    public override func openOutput(_ request: LineRequest) throws(Failure) -> OutputLine {
        try HardwareOutputLine(request, devices: paths.devices)
    }

    /// The same objects on every call. What they changed is put back when the board goes away, at exit, and on signals
    /// that end the process; after SIGKILL by `FrequencyRestore`.
    public override func frequencyPolicies() -> [FrequencyPolicy] {
        policiesLock.lock()
        defer { policiesLock.unlock() }
        if policies.isEmpty { policies = KernelFrequencyPolicy.all(frequencyGuard) }
        return policies
    }

    public override func powerSources() -> [PowerSource] {
        PowerSensors.read(paths.powerSensors) + PowerSupplies.read(paths.supplies) + EnergyCounters.read(paths.energyCounters)
    }

    public override func temperatures() -> [(zone: String, celsius: Float)] { ThermalZones.read(paths.thermalZones) }
    public override func openThermometer() -> Thermometer? { KernelThermometer(paths.thermalZones) }
    public override func memoryPressure() -> Float? { MemoryPressure.someShareOfTenSeconds(paths.memoryPressure) }

    /// Under a service manager that watches, its watchdog: the kernel's would reset the board where a restart of the
    /// service is enough. The kernel's otherwise.
    public override func openWatchdog(timeoutSeconds: Int) throws(Failure) -> Watchdog? {
        if let manager = ServiceManager.fromEnvironment(), manager.timeoutSeconds > 0 { return manager }
        return try KernelWatchdog.open(paths.watchdog, timeoutSeconds: timeoutSeconds)
    }
}
