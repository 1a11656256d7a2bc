import CBoard
import CLinux
import Platform

/// Where a line is: a chip's device file and the line's number on it.
struct LineLocation: Equatable {
    var chip: String
    var offset: UInt32

    /// Finds what a configuration calls "gpiochip0/17", "pinctrl-bcm2711/17" (a chip's label, the same on every boot),
    /// "/dev/gpiochip0/17" or by the line's own name.
    static func find(_ line: String, devices: String = "/dev") throws(Failure) -> LineLocation {
        let chips = chipPaths(devices)
        guard !chips.isEmpty else {
            throw Failure(.inputOutput, "line \(line): there is no GPIO chip under \(devices); is the kernel's GPIO driver loaded?")
        }
        if let (chip, offset) = split(line) { return try find(chip: chip, offset: offset, line: line, chips: chips) }
        return try find(named: line, chips: chips)
    }

    private static func find(chip: String, offset: UInt32, line: String, chips: [String]) throws(Failure) -> LineLocation {
        var refused: Failure?
        for path in chips {
            var label = ""
            let count = open(path, label: &label)
            let matches = path == chip || lastComponent(path) == chip || (count >= 0 && label == chip)
            guard matches else { continue }
            guard count >= 0 else {
                refused = .system(.inputOutput, "line \(line): cannot open \(path)")
                continue
            }
            guard offset < UInt32(count) else { throw Failure(.usage, "line \(line): \(path) has lines 0 to \(count - 1)") }
            return LineLocation(chip: path, offset: offset)
        }
        if let refused { throw refused }
        throw Failure(.inputOutput, "line \(line): there is no chip \(chip); there are " + list(chips))
    }

    private static func find(named name: String, chips: [String]) throws(Failure) -> LineLocation {
        var found: LineLocation?, refused: Failure?
        for path in chips {
            var label = ""
            let count = open(path, label: &label)
            if count < 0 {
                refused = .system(.inputOutput, "line \(name): cannot open \(path)")
                continue
            }
            for offset in 0..<UInt32(count) {
                guard let information = LineInformation.read(chip: path, offset: offset), information.name == name else { continue }
                guard found == nil else {
                    throw Failure(.usage,
                        "line \(name): more than one line has this name; write \(lastComponent(found!.chip))/\(found!.offset) or "
                            + "\(lastComponent(path))/\(offset)")
                }
                found = LineLocation(chip: path, offset: offset)
            }
        }
        if let found { return found }
        if let refused { throw refused }
        throw Failure(.inputOutput, "line \(name): no line of " + list(chips) + " has this name")
    }

    /// "/dev/gpiochip0", …, in order of their numbers.
    static func chipPaths(_ devices: String) -> [String] {
        var paths: [String] = []
        for name in Folder.numbered(devices, prefix: "gpiochip") { paths.append(devices + "/" + name) }
        return paths
    }

    /// "chip/17" → ("chip", 17); nil where no number follows the last slash.
    static func split(_ line: String) -> (chip: String, offset: UInt32)? {
        let bytes = Array(line.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash > 0,
              let offset = number(after: "", in: String(decoding: bytes[(slash + 1)...], as: UTF8.self)), offset < 65536 else { return nil }
        return (String(decoding: bytes[..<slash], as: UTF8.self), UInt32(offset))
    }

    /// A chip's number of lines, or -1 with errno set.
    static func open(_ path: String, label: inout String) -> Int32 {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            text[0] = 0
            let count = board_chip_open(path, text.baseAddress!, text.count)
            if count >= 0 { label = String(cString: text.baseAddress!) }
            return count
        }
    }

    private static func list(_ chips: [String]) -> String {
        var text = ""
        for chip in chips { text += (text.isEmpty ? "" : ", ") + lastComponent(chip) }
        return text
    }
}

/// What the kernel says of a line without taking it.
public struct LineInformation: Sendable {
    /// Empty where the board's description gives none.
    public var name: String
    /// Who has it; empty where nobody has, or the kernel won't say.
    public var consumer: String
    public var isUsed: Bool
    public var isOutput: Bool

    static func read(chip: String, offset: UInt32) -> LineInformation? {
        var raw = board_line_info()
        guard board_line_inspect(chip, offset, &raw) == 0 else { return nil }
        return LineInformation(name: withUnsafeBytes(of: &raw.name) { text($0) }, consumer: withUnsafeBytes(of: &raw.consumer) { text($0) },
                               isUsed: raw.is_used != 0, isOutput: raw.is_output != 0)
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        var length = 0
        while length < bytes.count, bytes[length] != 0 { length += 1 }
        return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<length]), as: UTF8.self)
    }
}
