import Board
import BoardLinux
import CLinux
import Configuration
import Platform
import Sensors
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
        if isSimulated {
            let simulated = try SimulatedBoard.make(log: log, fast: isFast)
            configuration = DeviceConfiguration(simulated.layout)
            configuration.stateFolder = try simulatedStateFolder()
            board = simulated
        } else {
            if File.exists(defaultPath), configurationPath == nil { configuration = try ConfigurationFile.read(defaultPath) }
            board = HardwareBoard()
        }
        if let configurationPath { configuration = try ConfigurationFile.read(configurationPath) }
        let device = try Device(board: board, configuration: configuration, isFast: isFast)
        populate(device)
        return device
    }

    /// What a simulated board keeps, in a folder of the user's own: anybody may make folders in /tmp.
    private static func simulatedStateFolder() throws(Failure) -> String {
        let path = "/tmp/swiftlet-\(geteuid())"
        guard linux_private_folder(path) == 0 else {
            throw Failure(.inputOutput, "\(path) is not a folder of this user's alone; remove it, or see who made it")
        }
        return path
    }

    /// Opens what the configuration names; what isn't there is said in the log, and sensors are looked for again.
    public static func populate(_ device: Device) {
        addSensors(device)
        addLines(device)
    }

    /// "i2c-1" and "/dev/i2c-1" are the same.
    private static func path(_ bus: String) -> String { bus.utf8.first == 47 ? bus : "/dev/" + bus }

    /// One loop a bus, for sensors and power monitors; those whose bus isn't known share one that looks on all.
    private static func addSensors(_ device: Device) {
        var groups: [(bus: String, sources: [SensorSource], meters: [MeterSource], lines: [any InputLine])] = []
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
            let source = makeSource(sensor, name, line, device)
            var lines: [any InputLine] = []
            if let line { lines.append(line) }
            if let index = groups.firstIndex(where: { $0.bus == name }) {
                groups[index].sources.append(source)
                groups[index].lines += lines
            } else {
                groups.append((name, [source], [], lines))
            }
        }
        for meter in device.configuration.meters {
            let name = meter.bus == "auto" ? "auto" : path(meter.bus)
            let source = makeMeter(meter, name, device.board)
            if let index = groups.firstIndex(where: { $0.bus == name }) {
                groups[index].meters.append(source)
            } else {
                groups.append((name, [], [source], []))
            }
        }
        for group in groups { device.addLoop(name: group.bus, sources: group.sources, meters: group.meters, lines: group.lines) }
    }

    private static func makeMeter(_ meter: DeviceConfiguration.Meter, _ busName: String, _ board: Board) -> MeterSource {
        // Opened when first needed, and kept.
        let opened = OpenBuses()
        return MeterSource(meter.settings, busName: busName, find: { source in
            for name in busName == "auto" ? board.busNames() : [busName] {
                do throws(Failure) {
                    let bus: any I2CBus
                    if let known = opened.bus(name) { bus = known } else {
                        bus = try board.openBus(BusRequest(name))
                        opened.keep(bus, name)
                    }
                    let found = try PowerMeter(configuration: meter.settings, bus: bus)
                    source.foundOn(name)
                    return found
                } catch {
                    source.complain(error)
                }
            }
            return nil
        })
    }

    private static func makeSource(_ sensor: DeviceConfiguration.Sensor, _ busName: String, _ line: (any InputLine)?, _ device: Device)
        -> SensorSource {
        let board = device.board
        // Opened when first needed, and kept.
        let opened = OpenBuses()
        var calibration = SensorCalibration()
        let file = device.configuration.calibrationPath(of: sensor.name)
        if File.exists(file) {
            do throws(Failure) {
                calibration = try CalibrationFile.read(file)[sensor.name]
            } catch {
                device.log.write(.error, error.description)
            }
        }
        return SensorSource(sensor, busName: busName, calibration: calibration, find: { source in
            for name in busName == "auto" ? board.busNames() : [busName] {
                do throws(Failure) {
                    let bus: any I2CBus
                    if let known = opened.bus(name) { bus = known } else {
                        bus = try board.openBus(BusRequest(name, recoveryClock: sensor.recoveryClock, recoveryData: sensor.recoveryData))
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

    private static func addLines(_ device: Device) {
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
