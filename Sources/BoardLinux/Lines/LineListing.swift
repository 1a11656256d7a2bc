import CLinux
import Platform

/// All GPIO lines that there are, for a person who looks for one.
public enum LineListing {
    /// "gpiochip0/17" and what the kernel says of it, chip by chip; chips that can't be opened are left out. Takes no line.
    public static func all(devices: String = "/dev") -> [(line: String, chip: String, information: LineInformation)] {
        var result: [(line: String, chip: String, information: LineInformation)] = []
        for path in LineLocation.chipPaths(devices) {
            var label = ""
            let count = LineLocation.open(path, label: &label)
            guard count > 0 else { continue }
            for offset in 0..<UInt32(count) {
                guard let information = LineInformation.read(chip: path, offset: offset) else { continue }
                result.append((lastComponent(path) + "/\(offset)", label, information))
            }
        }
        return result
    }
}
