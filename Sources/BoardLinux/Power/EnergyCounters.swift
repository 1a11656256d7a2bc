import Board
import CLinux
import Platform

/// Energy counters of x86 processors (powercap, "running average power limit"; Documentation/power/powercap).
enum EnergyCounters {
    /// The packages, and the memory that isn't counted in them; parts of a package are left out.
    static func read(_ root: String) -> [PowerSource] {
        var sources: [PowerSource] = []
        for number in zones(root, prefix: "intel-rapl:") {
            let path = "\(root)/intel-rapl:\(number)", package = name(path)
            // The whole platform contains the packages.
            guard package != "psys" else { continue }
            sources.append(read(path, "RAPL \(package)"))
            for part in zones(path, prefix: "intel-rapl:\(number):") {
                let inner = "\(path)/intel-rapl:\(number):\(part)"
                if name(inner) == "dram" { sources.append(read(inner, "RAPL \(package) dram")) }
            }
        }
        return sources
    }

    private static func zones(_ path: String, prefix: String) -> [Int] {
        var numbers: [Int] = []
        Folder.forEachEntry(path) { entry in
            if let number = number(after: prefix, in: entry) { numbers.append(number) }
        }
        numbers.order(by: <)
        return numbers
    }

    private static func name(_ path: String) -> String { KernelFile.words(path + "/name").first ?? "zone" }

    private static func read(_ path: String, _ name: String) -> PowerSource {
        var source = PowerSource(.counter, name)
        let file = path + "/energy_uj"
        if let counted = KernelFile.integer(file), counted >= 0 {
            source.joules = Double(counted) * 1e-6
            // The last value before 0.
            source.wrapJoules = KernelFile.integer(path + "/max_energy_range_uj").map { (Double($0) + 1) * 1e-6 }
        } else {
            source.complaint = access(file, R_OK) == 0 || !File.exists(file) ? "\(file) holds no number"
                : "\(file) may not be read by this user: since 2020 only root may (CVE-2020-8694)"
        }
        return source
    }
}
