import Board
import CLinux
import Platform

/// The thermal zones of the processor, or all where none is called so, read through files that stay open.
final class KernelThermometer: Thermometer {
    let throttleCelsius: Double?
    private var files: [Int32] = []

    /// nil where no zone can be read.
    init?(_ root: String) {
        var own: [String] = [], all: [String] = []
        for name in Folder.numbered(root, prefix: "thermal_zone") {
            let folder = root + "/" + name, type = KernelFile.words(folder + "/type").first ?? ""
            all.append(folder)
            if type.hasPrefix("cpu") || type.hasPrefix("soc") || type.hasPrefix("bigcore") || type.hasPrefix("littlecore")
                || type == "x86_pkg_temp" {
                own.append(folder)
            }
        }
        var throttle: Double?
        for folder in own.isEmpty ? all : own {
            let file = linux_open(folder + "/temp", O_RDONLY | O_CLOEXEC, 0)
            if file >= 0 { files.append(file) }
            if let celsius = Self.passiveTrip(folder) { throttle = min(throttle ?? celsius, celsius) }
        }
        throttleCelsius = throttle
        if files.isEmpty { return nil }
    }

    deinit { for file in files { close(file) } }

    /// Where the kernel begins to slow the processor down.
    private static func passiveTrip(_ folder: String) -> Double? {
        for number in 0..<16 {
            guard let type = KernelFile.words("\(folder)/trip_point_\(number)_type").first else { return nil }
            if type == "passive", let value = KernelFile.integer("\(folder)/trip_point_\(number)_temp"),
               (40_000...150_000).contains(value) {
                return Double(value) / 1000
            }
        }
        return nil
    }

    func celsius() -> Double? {
        var hottest: Double?
        for file in files {
            guard let value = KernelFile.number(file), value.magnitude < 1_000_000 else { continue }
            hottest = max(hottest ?? -273, Double(value) / 1000)
        }
        return hottest
    }
}
