import Board
import Platform
import Sensors

/// Everything that a configuration file may say, as data: what is understood, and what to tell somebody who wrote
/// something else.
struct ConfigurationKey {
    var section: String
    var key: String
    /// For the message: "a whole number from 1 to 8000".
    var expected: String
    /// Takes the value, into the section begun last; false where it isn't what is expected.
    var apply: (inout DeviceConfiguration, String) -> Bool

    init(_ section: String, _ key: String, _ expected: String, _ apply: @escaping (inout DeviceConfiguration, String) -> Bool) {
        self.section = section
        self.key = key
        self.expected = expected
        self.apply = apply
    }

    static let sections = ["firmware", "console", "imu", "meter", "input", "output", "microphone", "camera", "task", "power-model",
                           "records", "mqtt"]
    /// Those that there may be several of, each with a name: [imu front].
    static let namedSections = ["imu", "meter", "input", "output", "camera", "task"]

    static let all: [ConfigurationKey] = firmware + console + sensors + meters + lines + microphone + cameras + tasks + powerModel
        + records + broker

    private static let firmware = [
        ConfigurationKey("firmware", "name", "a name without spaces, at most 32 bytes") { configuration, value in
            guard isName(value) else { return false }
            configuration.name = value
            return true
        },
        ConfigurationKey("firmware", "log", "error, warning, info or debug") { configuration, value in
            guard let level = LogLevel.named(value) else { return false }
            configuration.logLevel = level
            return true
        },
        ConfigurationKey("firmware", "models", "a folder") { configuration, value in
            configuration.modelFolder = value
            return !value.isEmpty
        },
        ConfigurationKey("firmware", "memory", "a number of bytes such as 64M or 4Mi") { configuration, value in
            guard let bytes = parsedByteCount(value) else { return false }
            configuration.memoryBudgetBytes = bytes
            return true
        },
        ConfigurationKey("firmware", "real-time-priority", "a whole number from 0 (none) to 90") { configuration, value in
            guard let number = integer(value, 0...90) else { return false }
            configuration.realTimePriority = number
            return true
        },
        ConfigurationKey("firmware", "lock-memory", "yes or no") { configuration, value in
            guard let isOn = flag(value) else { return false }
            configuration.locksMemory = isOn
            return true
        },
        ConfigurationKey("firmware", "watchdog", "seconds, a whole number from 0 (none) to 600") { configuration, value in
            guard let number = integer(value, 0...600) else { return false }
            configuration.watchdogSeconds = number
            return true
        },
        ConfigurationKey("firmware", "governor", "a governor's name, such as schedutil, or deadlines for one that follows the tasks") {
            configuration, value in
            guard isName(value) else { return false }
            configuration.governor = value
            return true
        },
        ConfigurationKey("firmware", "heat-limit", "degrees Celsius, a number from 40 to 120") { configuration, value in
            guard let degrees = decimal(value), (40...120).contains(degrees) else { return false }
            configuration.heatLimitCelsius = Double(degrees)
            return true
        },
        ConfigurationKey("firmware", "state", "a folder, from the root") { configuration, value in
            configuration.stateFolder = value
            return value.utf8.first == 47
        },
    ]

    private static let console = [
        ConfigurationKey("console", "ports",
            "terminals such as ttyS0, ttyAMA0:115200, ttyGS0:json or - (standard input), 8 at most, with commas between; empty for none") {
            configuration, value in
            guard let ports = ConsolePorts.parse(value) else { return false }
            configuration.ports = ports
            return true
        },
    ]

    /// Takes a number within the range.
    static func number(_ value: String, _ range: ClosedRange<Float>, _ target: inout Float) -> Bool {
        guard let number = decimal(value), range.contains(number) else { return false }
        target = number
        return true
    }

    /// Takes an I2C address; `auto` leaves it open.
    static func address(_ value: String, _ target: inout UInt8?) -> Bool {
        if value == "auto" { return true }
        guard let address = hexadecimal(value), address >= 8, address < 0x78 else { return false }
        target = UInt8(address)
        return true
    }

    /// Applies to the sensor begun last.
    private static func sensor(_ key: String, _ expected: String,
                               _ apply: @escaping (inout DeviceConfiguration.Sensor, String) -> Bool) -> ConfigurationKey {
        ConfigurationKey("imu", key, expected) { configuration, value in
            apply(&configuration.sensors[configuration.sensors.count - 1], value)
        }
    }

    private static let sensors = [
        sensor("bus", "an I2C bus such as i2c-1, or auto") { sensor, value in
            sensor.bus = value
            return !value.isEmpty
        },
        sensor("chip", alternatives(["auto"] + InertialChip.allCases.map { $0.configurationName })) { sensor, value in
            sensor.settings.chip = InertialChip(named: value)
            return value == "auto" || sensor.settings.chip != nil
        },
        sensor("address", "auto, or an I2C address such as 0x68") { address($1, &$0.settings.address) },
        sensor("rate", "samples a second, from 1 to 8000") { number($1, 1...8000, &$0.settings.rateHertz) },
        sensor("bandwidth", "hertz, from 0 (half the rate) to 8000") { number($1, 0...8000, &$0.settings.bandwidthHertz) },
        sensor("acceleration-range", "g, from 1 to 32") { number($1, 1...32, &$0.settings.accelerationRangeG) },
        sensor("angular-range", "degrees a second, from 15 to 4000") {
            number($1, 15...4000, &$0.settings.angularRangeDegreesPerSecond)
        },
        sensor("samples-per-burst", "a whole number from 0 (chosen) to 256") { sensor, value in
            guard let number = integer(value, 0...256) else { return false }
            sensor.settings.samplesPerBurst = number
            return true
        },
        sensor("mounting", "the chip's axis along each of the device's, such as x,y,z or -y,x,z") { sensor, value in
            guard let mounting = Mounting(axes: value) else { return false }
            sensor.settings.mounting = mounting
            return true
        },
        sensor("magnetometer", alternatives(["auto", "none"] + MagnetometerChip.allCases.map { $0.configurationName })) { sensor, value in
            if value == "auto" {
                sensor.settings.magnetometer = .automatic
            } else if value == "none" {
                sensor.settings.magnetometer = .none
            } else if let chip = MagnetometerChip(named: value) {
                sensor.settings.magnetometer = .chip(chip)
            } else {
                return false
            }
            return true
        },
        sensor("data-ready", "a line's name, or chip and number such as gpiochip0/4") { sensor, value in
            sensor.dataReadyLine = value
            return !value.isEmpty
        },
        sensor("data-ready-active", "high or low") { sensor, value in
            sensor.settings.isInterruptActiveLow = value == "low"
            return value == "low" || value == "high"
        },
        sensor("recovery-clock", "the line that is wired to the bus's clock") { sensor, value in
            sensor.recoveryClock = value
            return !value.isEmpty
        },
        sensor("recovery-data", "the line that is wired to the bus's data") { sensor, value in
            sensor.recoveryData = value
            return !value.isEmpty
        },
        sensor("calibration", "a file") { sensor, value in
            sensor.calibration = value
            return !value.isEmpty
        },
    ]

    private static let lines = [
        ConfigurationKey("input", "line", "a line's name, or chip and number such as gpiochip0/17") { configuration, value in
            configuration.inputs[configuration.inputs.count - 1].request.line = value
            return !value.isEmpty
        },
        ConfigurationKey("input", "bias", "as-is, none, pull-up or pull-down") { configuration, value in
            guard let bias = biases.first(where: { $0.0 == value })?.1 else { return false }
            configuration.inputs[configuration.inputs.count - 1].request.bias = bias
            return true
        },
        ConfigurationKey("input", "edges", "both, rising or falling") { configuration, value in
            guard let edges = edgeNames.first(where: { $0.0 == value })?.1 else { return false }
            configuration.inputs[configuration.inputs.count - 1].request.edges = edges
            return true
        },
        ConfigurationKey("input", "active", "high or low") { configuration, value in
            configuration.inputs[configuration.inputs.count - 1].request.isActiveLow = value == "low"
            return value == "low" || value == "high"
        },
        ConfigurationKey("input", "debounce", "milliseconds, from 0 to 10000") { configuration, value in
            guard let number = decimal(value), number >= 0, number <= 10_000 else { return false }
            configuration.inputs[configuration.inputs.count - 1].request.debounceMicroseconds = UInt32(number * 1000)
            return true
        },
        ConfigurationKey("output", "line", "a line's name, or chip and number such as gpiochip0/18") { configuration, value in
            configuration.outputs[configuration.outputs.count - 1].request.line = value
            return !value.isEmpty
        },
        ConfigurationKey("output", "active", "high or low") { configuration, value in
            configuration.outputs[configuration.outputs.count - 1].request.isActiveLow = value == "low"
            return value == "low" || value == "high"
        },
        ConfigurationKey("output", "initial", "on or off") { configuration, value in
            configuration.outputs[configuration.outputs.count - 1].initial = value == "on"
            return value == "on" || value == "off"
        },
    ]

    private static let microphone = [
        ConfigurationKey("microphone", "device", "default, or a sound card's id such as Device or, with a device's number, Device,0") {
            configuration, value in
            configuration.microphone?.request.device = value
            return !value.isEmpty
        },
        ConfigurationKey("microphone", "rate", "samples a second, a whole number from 8000 to 192000") { configuration, value in
            guard let number = integer(value, 8000...192_000) else { return false }
            configuration.microphone?.request.rateHertz = number
            return true
        },
        ConfigurationKey("microphone", "button", "the name of an [input]") { configuration, value in
            configuration.microphone?.button = value
            return isName(value)
        },
        ConfigurationKey("microphone", "wake-word", "the name or path of a wake word's model") { configuration, value in
            configuration.microphone?.wakeWord = value
            return !value.isEmpty
        },
    ]

    private static let biases: [(String, LineBias)] = [("as-is", .asIs), ("none", .none), ("pull-up", .pullUp), ("pull-down", .pullDown)]
    private static let edgeNames: [(String, LineEdges)] = [("both", .both), ("rising", .rising), ("falling", .falling)]
}

/// The ports of a list: "ttyS0, ttyAMA0:115200, ttyGS0:json, -"; nil where it isn't one.
public enum ConsolePorts {
    /// At most eight, none of them twice; names without a folder are put under /dev.
    public static func parse(_ text: String) -> [DeviceConfiguration.Port]? {
        var ports: [DeviceConfiguration.Port] = []
        for part in text.utf8.split(separator: 44) {
            var word = Array(part)
            while word.first == 32 { word.removeFirst() }
            while word.last == 32 { word.removeLast() }
            guard !word.isEmpty else { return nil }
            var port = DeviceConfiguration.Port(path: String(decoding: word, as: UTF8.self))
            let parts = word.split(separator: 58, omittingEmptySubsequences: false)
            port.path = String(decoding: Array(parts[0]), as: UTF8.self)
            for part in parts.dropFirst() {
                if part.elementsEqual("json".utf8) {
                    port.isJSON = true
                    continue
                }
                // Kernels write 115200n8.
                let digits = part.prefix { $0 >= 48 && $0 <= 57 }
                guard let baud = Int(String(decoding: Array(digits), as: UTF8.self)), baud > 0, baud <= 4_000_000 else { return nil }
                port.baud = baud
            }
            guard !port.path.isEmpty else { return nil }
            if port.path != "-", port.path.utf8.first != 47 { port.path = "/dev/" + port.path }
            guard !ports.contains(where: { $0.path == port.path }) else { return nil }
            ports.append(port)
        }
        return ports.count <= 8 ? ports : nil
    }
}

/// "auto, this or that".
func alternatives(_ words: [String]) -> String {
    var text = ""
    for (index, word) in words.enumerated() { text += (index == 0 ? "" : index == words.count - 1 ? " or " : ", ") + word }
    return text
}

func integer(_ text: String, _ range: ClosedRange<Int>) -> Int? {
    guard let number = Int(text), range.contains(number) else { return nil }
    return number
}

private func flag(_ text: String) -> Bool? { text == "yes" ? true : text == "no" ? false : nil }

func hexadecimal(_ text: String) -> Int? {
    text.utf8.starts(with: "0x".utf8) ? Int(String(decoding: Array(text.utf8.dropFirst(2)), as: UTF8.self), radix: 16) : Int(text)
}

/// Letters, digits, `.`, `_` and `-`, 1 to 32 of them.
func isName(_ text: String) -> Bool {
    guard (1...32).contains(text.utf8.count) else { return false }
    return text.utf8.allSatisfy {
        ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 45 || $0 == 46 || $0 == 95
    }
}
