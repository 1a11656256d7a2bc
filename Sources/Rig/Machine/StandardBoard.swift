import VirtualBoard

/// The rig's board: one chip of every kind that there is a driver for, on three buses, and a button.
public final class StandardBoard {
    /// A motion sensor with its place, its interrupt line and the magnetometer that goes with it.
    public struct Sensor {
        /// As in a configuration: "mpu6050".
        public let chip: String
        public let bus: Int
        public let address: UInt8
        public let line: Int
        /// "ak8963", or "none".
        public let magnetometer: String
        public let model: RegisterChip
    }

    /// The GPIO line that is left for a hand.
    public static let buttonLine = 7

    public let sensors: [Sensor]
    private let magnetometers: [(bus: Int, placed: PlacedChip)]

    public init(motion: any Motion, options: ChipOptions = ChipOptions()) {
        func other(_ seed: UInt64) -> ChipOptions {
            var own = options
            own.seed = options.seed &* 64 &+ seed
            return own
        }
        sensors = [
            Sensor(chip: "mpu9250", bus: 0, address: 0x68, line: 0, magnetometer: "ak8963", model: MPUChip.mpu9250(motion: motion, options: other(1))),
            Sensor(chip: "lsm6dso", bus: 0, address: 0x6a, line: 1, magnetometer: "lis3mdl", model: LSM6DSOChip(motion: motion, options: other(2))),
            Sensor(chip: "icm20948", bus: 1, address: 0x68, line: 2, magnetometer: "ak09916", model: ICM20948Chip(motion: motion, options: other(3))),
            // Line 3 is the emulated machine's power button.
            Sensor(chip: "icm42688", bus: 1, address: 0x69, line: 4, magnetometer: "qmc5883l", model: ICM42688Chip(motion: motion, options: other(4))),
            Sensor(chip: "mpu6050", bus: 2, address: 0x68, line: 5, magnetometer: "none", model: MPUChip.mpu6050(motion: motion, options: other(5))),
            Sensor(chip: "mpu6500", bus: 2, address: 0x69, line: 6, magnetometer: "none", model: MPUChip.mpu6500(motion: motion, options: other(6))),
        ]
        magnetometers = [
            (0, PlacedChip(LIS3MDLChip(motion: motion, options: other(7)), address: 0x1c)),
            (1, PlacedChip(QMC5883LChip(motion: motion, options: other(8)), address: 0x0d)),
        ]
    }

    public var buses: [[PlacedChip]] {
        (0..<3).map { bus in
            sensors.filter { $0.bus == bus }.map { PlacedChip($0.model, address: $0.address, line: $0.line) }
                + magnetometers.filter { $0.bus == bus }.map(\.placed)
        }
    }

    public func sensor(_ chip: String) -> Sensor? { sensors.first { $0.chip == chip } }

    /// A configuration of the firmware for some of the sensors. `settings` are more lines of each sensor's section,
    /// `firmware` of the firmware's.
    public func configuration(_ chips: [String], settings: [String] = ["rate = 200"], firmware: [String] = []) -> [UInt8] {
        var lines = ["[firmware]", "name = rig"] + firmware
        for sensor in sensors where chips.contains(sensor.chip) {
            lines += ["[imu \(sensor.chip)]", "bus = i2c-\(sensor.bus)", "chip = \(sensor.chip)", "address = 0x" + String(sensor.address, radix: 16),
                      "data-ready = gpiochip0/\(sensor.line)", "magnetometer = \(sensor.magnetometer)"] + settings
        }
        lines += ["[input button]", "line = gpiochip0/\(Self.buttonLine)", "edges = both"]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }
}
