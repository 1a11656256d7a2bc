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
            guard let value = Self.millidegrees(file), value.magnitude < 1_000_000 else { continue }
            hottest = max(hottest ?? -273, Double(value) / 1000)
        }
        return hottest
    }

    private static func millidegrees(_ file: Int32) -> Int64? {
        var text: (UInt64, UInt64) = (0, 0)
        return withUnsafeMutableBytes(of: &text) { bytes in
            let count = pread(file, bytes.baseAddress!, bytes.count, 0)
            guard count > 0, count < bytes.count else { return nil }
            var value: Int64 = 0, digits = 0
            let isNegative = bytes[0] == UInt8(ascii: "-")
            for index in (isNegative ? 1 : 0)..<count {
                guard bytes[index] >= 48, bytes[index] < 58 else { break }
                value = value * 10 + Int64(bytes[index] - 48)
                digits += 1
            }
            return digits == 0 ? nil : isNegative ? -value : value
        }
    }
}
