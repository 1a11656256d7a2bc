import Board
import Platform

/// The kernel's batteries and supplies (Documentation/ABI/testing/sysfs-class-power).
enum PowerSupplies {
    /// Those that tell a power, or voltage and current; in the order of their names.
    static func read(_ root: String) -> [PowerSource] {
        var names: [String] = []
        for name in Folder.names(root) where name.utf8.first != 46 { names.append(name) }
        names.order { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        var sources: [PowerSource] = []
        for name in names {
            if let source = read(root + "/" + name, name) { sources.append(source) }
        }
        return sources
    }

    private static func read(_ path: String, _ name: String) -> PowerSource? {
        func micro(_ file: String) -> Double? {
            guard let number = KernelFile.integer("\(path)/\(file)"), number.magnitude < 1 << 50 else { return nil }
            return Double(number) * 1e-6
        }
        let volts = micro("voltage_now"), amperes = micro("current_now")
        var watts = micro("power_now")
        if watts == nil, let volts, let amperes { watts = volts * amperes }
        guard let watts else { return nil }
        let isBattery = KernelFile.words(path + "/type").first == "Battery"
        let status = KernelFile.words(path + "/status").first ?? "unknown"
        let isDischarging = status == "Discharging"
        var source = PowerSource(.supply, isBattery ? "battery \(name)\(isDischarging ? "" : ", not discharging")" : "supply \(name)")
        source.volts = volts.map { Float($0) }
        // Drivers differ in the sign of what leaves a battery.
        source.amperes = amperes.map { Float($0.magnitude) }
        source.watts = Float(watts.magnitude)
        source.isConsumption = !isBattery || isDischarging
        // Microwatt-hours, or microampere-hours at today's voltage.
        if let hours = micro("energy_now") {
            source.remainingJoules = hours * 3600
        } else if let hours = micro("charge_now"), let volts {
            source.remainingJoules = hours * volts * 3600
        }
        return source
    }
}
