import Sensors
import VirtualBoard

/// The rig's board: one chip of every kind that there is a driver for, on three buses, and a button. Chips find their own
/// places, so a new driver's chip is on it without anybody's doing.
public final class StandardBoard {
    /// A motion sensor with its place, its interrupt line and the magnetometer that goes with it.
    public struct Sensor {
        /// As in a configuration: "mpu6050".
        public let chip: String
        public let bus: Int
        public let address: UInt8
        /// Nil where the machine has no more: it is read by time.
        public let line: Int?
        /// "ak8963", or "none".
        public internal(set) var magnetometer = "none"
        public let model: RegisterChip
    }

    public static let busCount = 3
    /// The GPIO line that is left for a hand; line 3 is the emulated machine's power button.
    public static let buttonLine = 7
    private static let interruptLines = [0, 1, 2, 4, 5, 6]

    public private(set) var sensors: [Sensor] = []
    private var magnetometers: [(bus: Int, placed: PlacedChip)] = []

    /// - Parameter options: of every chip, each with a seed of its own.
    public init(motion: any Motion, options: ChipOptions = ChipOptions()) {
        var number: UInt64 = 0
        func own() -> ChipOptions {
            number += 1
            var own = options
            own.seed = options.seed &* 64 &+ number
            return own
        }
        // Those that bring a magnetometer have the least choice: two alike can't share a bus.
        let kinds = InertialChip.allCases.filter { $0.packagedMagnetometer != nil }
            + InertialChip.allCases.filter { $0.packagedMagnetometer == nil }
        var taken = [Set<UInt8>](repeating: [], count: Self.busCount)
        for kind in kinds {
            let inside = kind.packagedMagnetometer?.addresses.first
            let fitting = (0..<Self.busCount).filter { bus in
                kind.addresses.contains { !taken[bus].contains($0) } && (inside.map { !taken[bus].contains($0) } ?? true)
            }
            guard let bus = fitting.min(by: { sensorCount($0) < sensorCount($1) }),
                  let address = kind.addresses.first(where: { !taken[bus].contains($0) }) else {
                preconditionFailure("no place for the \(kind.name): the rig needs another bus")
            }
            taken[bus].insert(address)
            if let inside { taken[bus].insert(inside) }
            let line = sensors.count < Self.interruptLines.count ? Self.interruptLines[sensors.count] : nil
            sensors.append(Sensor(chip: kind.configurationName, bus: bus, address: address, line: line,
                                  magnetometer: kind.packagedMagnetometer?.configurationName ?? "none",
                                  model: kind.simulated(motion: motion, options: own())))
        }
        let packaged = InertialChip.allCases.compactMap(\.packagedMagnetometer)
        for kind in MagnetometerChip.allCases.reversed() where !packaged.contains(kind) {
            // Beside the last sensor that has none.
            guard let index = sensors.lastIndex(where: { $0.magnetometer == "none" }) else { continue }
            let bus = sensors[index].bus
            guard let address = kind.addresses.first(where: { !taken[bus].contains($0) }) else { continue }
            taken[bus].insert(address)
            sensors[index].magnetometer = kind.configurationName
            magnetometers.append((bus, PlacedChip(kind.simulated(motion: motion, options: own()), address: address)))
        }
    }

    private func sensorCount(_ bus: Int) -> Int { sensors.filter { $0.bus == bus }.count }

    /// The chips of each bus, for `MachineOptions`; motion sensors before magnetometers.
    public var buses: [[PlacedChip]] {
        (0..<Self.busCount).map { bus in
            sensors.filter { $0.bus == bus }.map { PlacedChip($0.model, address: $0.address, line: $0.line) }
                + magnetometers.filter { $0.bus == bus }.map(\.placed)
        }
    }

    /// By its name in a configuration, "mpu6050"; nil where the board has none.
    public func sensor(_ chip: String) -> Sensor? { sensors.first { $0.chip == chip } }

    /// A configuration of the firmware for some of the sensors. `settings` are more lines of each sensor's section,
    /// `firmware` of the firmware's.
    public func configuration(_ chips: [String], settings: [String] = ["rate = 200"], firmware: [String] = []) -> [UInt8] {
        var lines = ["[firmware]", "name = rig"] + firmware
        for sensor in sensors where chips.contains(sensor.chip) {
            lines += ["[imu \(sensor.chip)]", "bus = i2c-\(sensor.bus)", "chip = \(sensor.chip)",
                      "address = 0x" + String(sensor.address, radix: 16),
                      "magnetometer = \(sensor.magnetometer)"] + settings
            if let line = sensor.line { lines.append("data-ready = gpiochip0/\(line)") }
        }
        lines += ["[input button]", "line = gpiochip0/\(Self.buttonLine)", "edges = both"]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }
}
