import Board
import Configuration
import Platform
import VirtualBoard

/// Makes the device that the command line and the configuration ask for.
public enum DeviceFactory {
    public static let defaultPath = "/etc/swiftlet.conf"

    /// - Parameters:
    ///   - log: how a simulated board moves.
    ///   - configurationPath: nil: the simulated board's own, or the one at `defaultPath` where it is there.
    public static func make(isSimulated: Bool, log: String?, isFast: Bool, configurationPath: String?) throws(Failure) -> Device {
        var configuration = DeviceConfiguration()
        let board: Board
        var simulatedBoard: SimulatedBoard?
        if isSimulated {
            let simulated = try SimulatedBoard.make(log: log, fast: isFast)
            configuration = try ConfigurationFile.parse(Array(simulated.defaultConfiguration.utf8), name: "simulated board")
            configuration.stateFolder = "/tmp/swiftlet"
            board = simulated
            simulatedBoard = simulated
        } else {
            if File.exists(defaultPath), configurationPath == nil { configuration = try ConfigurationFile.read(defaultPath) }
            board = HardwareBoard()
        }
        if let configurationPath { configuration = try ConfigurationFile.read(configurationPath) }
        let device = try Device(board: board, configuration: configuration, isFast: isFast)
        device.simulated = simulatedBoard
        try populate(device, isHardware: !isSimulated)
        return device
    }

    /// Opens what the configuration names; what isn't there is said in the log, and sensors are looked for again.
    public static func populate(_ device: Device, isHardware: Bool) throws(Failure) {
        try addSensors(device, isHardware: isHardware)
        try addLines(device)
    }

    /// "i2c-1" and "/dev/i2c-1" are the same.
    private static func path(_ bus: String) -> String { bus.utf8.first == 47 ? bus : "/dev/" + bus }

    private static func open(_ name: String, _ sensor: DeviceConfiguration.Sensor, _ board: Board, isHardware: Bool) throws(Failure) -> any I2CBus {
        guard isHardware else { return try board.openBus(name) }
        var recovery: BusRecoveryLines?
        if let line = sensor.recoveryClock {
            var request = LineRequest(line: line)
            request.isOpenDrain = true
            let clock = try board.openOutput(request)
            var data: (any OutputLine)?
            if let line = sensor.recoveryData {
                var request = LineRequest(line: line)
                request.isOpenDrain = true
                data = try board.openOutput(request)
            }
            recovery = BusRecoveryLines(clock: clock, data: data)
        }
        return try LinuxI2CBus(path: name, recoveryLines: recovery)
    }

    /// One loop a bus; sensors whose bus isn't known share one that looks on all.
    private static func addSensors(_ device: Device, isHardware: Bool) throws(Failure) {
        var groups: [(bus: String, sources: [SensorSource], lines: [any InputLine])] = []
        for sensor in device.configuration.sensors {
            let name = sensor.bus == "auto" ? "auto" : path(sensor.bus)
            var line: (any InputLine)?
            if let ready = sensor.dataReadyLine {
                var request = LineRequest(line: ready)
                request.edges = .rising
                request.isActiveLow = sensor.settings.isInterruptActiveLow
                do throws(Failure) { line = try device.board.openInput(request) } catch {
                    device.log.write(.warning, "\(sensor.name) is read by time: \(error.description)")
                }
            }
            let source = makeSource(sensor, name, line, device, isHardware: isHardware)
            var lines: [any InputLine] = []
            if let line { lines.append(line) }
            if let index = groups.firstIndex(where: { $0.bus == name }) {
                groups[index].sources.append(source)
                groups[index].lines += lines
            } else {
                groups.append((name, [source], lines))
            }
        }
        for group in groups { device.addLoop(name: group.bus, sources: group.sources, lines: group.lines) }
    }

    private static func makeSource(_ sensor: DeviceConfiguration.Sensor, _ busName: String, _ line: (any InputLine)?, _ device: Device, isHardware: Bool) -> SensorSource {
        let board = device.board
        // Opened when first needed, and kept.
        let opened = OpenBuses()
        var calibration = SensorCalibration()
        let file = device.configuration.calibrationPath(of: sensor.name)
        if File.exists(file) {
            do throws(Failure) { calibration = try CalibrationFile.read(file)[sensor.name] } catch { device.log.write(.error, error.description) }
        }
        return SensorSource(sensor, busName: busName, calibration: calibration, find: { source in
            for name in busName == "auto" ? board.busNames() : [busName] {
                do throws(Failure) {
                    let bus: any I2CBus
                    if let known = opened.bus(name) { bus = known } else {
                        bus = try open(name, sensor, board, isHardware: isHardware)
                        opened.keep(bus, name)
                    }
                    let found = try InertialSensor(configuration: sensor.settings, bus: bus, dataReady: line, time: { board.now() })
                    source.foundOn(name)
                    return found
                } catch {
                    source.complain(error)
                }
            }
            return nil
        })
    }

    private static func addLines(_ device: Device) throws(Failure) {
        for input in device.configuration.inputs {
            do throws(Failure) {
                device.inputs.append((input.name, try device.board.openInput(input.request)))
            } catch {
                device.log.write(.error, "input \(input.name): \(error.description)")
            }
        }
        for output in device.configuration.outputs {
            do throws(Failure) {
                let line = try device.board.openOutput(output.request)
                if output.initial { try line.set(true) }
                device.outputs.append(Device.Output(name: output.name, line: line, isOn: output.initial))
            } catch {
                device.log.write(.error, "output \(output.name): \(error.description)")
            }
        }
    }
}

private final class OpenBuses {
    private var buses: [(name: String, bus: any I2CBus)] = []
    func bus(_ name: String) -> (any I2CBus)? { buses.first { $0.name == name }?.bus }
    func keep(_ bus: any I2CBus, _ name: String) { buses.append((name, bus)) }
}
