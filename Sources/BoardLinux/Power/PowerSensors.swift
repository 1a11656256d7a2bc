import Board
import Platform

/// The kernel's sensors of voltage, current, power and energy: hwmon (Documentation/hwmon/sysfs-interface).
enum PowerSensors {
    private static let channels = 8

    /// Every channel that tells a power or an energy, or the two factors of a power.
    static func read(_ root: String) -> [PowerSource] {
        var sources: [PowerSource] = []
        for folder in Folder.numbered(root, prefix: "hwmon") {
            let path = root + "/" + folder
            let chip = KernelFile.words(path + "/name").first ?? folder
            for channel in 1...channels {
                if let source = read(path, chip: chip, channel) { sources.append(source) }
            }
        }
        return sources
    }

    private static func read(_ path: String, chip: String, _ channel: Int) -> PowerSource? {
        func value(_ kind: String, _ unit: Double) -> Double? {
            // Far above any board: a driver's nonsense is no value.
            guard let number = KernelFile.integer("\(path)/\(kind)"), number.magnitude < 1 << 50 else { return nil }
            return Double(number) * unit
        }
        let volts = value("in\(channel)_input", 1e-3), amperes = value("curr\(channel)_input", 1e-3)
        var watts = value("power\(channel)_input", 1e-6) ?? value("power\(channel)_average", 1e-6)
        let joules = value("energy\(channel)_input", 1e-6)
        if watts == nil, let volts, let amperes { watts = volts * amperes }
        guard watts != nil || joules != nil else { return nil }
        let label = KernelFile.words("\(path)/power\(channel)_label").first ?? KernelFile.words("\(path)/curr\(channel)_label").first
            ?? KernelFile.words("\(path)/in\(channel)_label").first ?? "\(channel)"
        var source = PowerSource(.sensor, "hwmon \(chip) \(label)")
        source.volts = volts.map { Float($0) }
        source.amperes = amperes.map { Float($0) }
        source.watts = watts.map { Float($0) }
        source.joules = joules
        return source
    }
}
