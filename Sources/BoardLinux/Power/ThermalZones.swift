import Platform

/// The kernel's thermal zones.
enum ThermalZones {
    /// Type and temperature of each zone; zones that don't answer are left out.
    static func read(_ root: String) -> [(zone: String, celsius: Float)] {
        var result: [(zone: String, celsius: Float)] = []
        for name in Folder.numbered(root, prefix: "thermal_zone") {
            let folder = root + "/" + name
            guard let millidegrees = KernelFile.integer(folder + "/temp"), millidegrees.magnitude < 1_000_000 else { continue }
            result.append((KernelFile.words(folder + "/type").first ?? name, Float(millidegrees) / 1000))
        }
        return result
    }
}
