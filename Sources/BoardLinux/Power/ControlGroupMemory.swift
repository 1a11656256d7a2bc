import Platform

/// Memory of the control group (version 2) that this process is in.
public struct ControlGroupMemory: Sendable, Equatable {
    /// The lowest limit of the group and those around it, in bytes; nil where none is set.
    public var limitBytes: Int64?
    /// Bytes charged to the group now, page cache included, and at most so far; nil where the kernel doesn't count.
    public var currentBytes: Int64?
    public var peakBytes: Int64?
    /// Times that the limit was met, and processes killed for it.
    public var timesAtLimit: Int64 = 0, killed: Int64 = 0

    /// Nil where the process is in no group of version 2, or it isn't mounted.
    public static func read(membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") -> ControlGroupMemory? {
        guard let group = path(membership), File.exists(root + "/cgroup.controllers") else { return nil }
        var result = ControlGroupMemory()
        var folder = group
        let own = root + group
        while true {
            // "max" is no number: no limit.
            if let limit = KernelFile.integer(root + folder + "/memory.max"), limit >= 0 {
                result.limitBytes = min(result.limitBytes ?? limit, limit)
            }
            guard let parent = parent(folder) else { break }
            folder = parent
        }
        result.currentBytes = KernelFile.integer(own + "/memory.current")
        result.peakBytes = KernelFile.integer(own + "/memory.peak")
        let events = KernelFile.words(own + "/memory.events")
        result.timesAtLimit = value("max", events)
        result.killed = value("oom_kill", events)
        return result
    }

    /// "0::/system.slice/swiftlet.service" → "/system.slice/swiftlet.service"; the root is the empty path.
    private static func path(_ membership: String) -> String? {
        guard let text = File.text(membership, limit: 65536) else { return nil }
        for line in text.utf8.split(separator: 10) {
            let bytes = Array(line)
            guard bytes.count >= 4, bytes[0] == 48, bytes[1] == 58, bytes[2] == 58, bytes[3] == 47 else { continue }
            return bytes.count == 4 ? "" : String(decoding: bytes[3...], as: UTF8.self)
        }
        return nil
    }

    private static func parent(_ path: String) -> String? {
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return String(decoding: bytes[..<slash], as: UTF8.self)
    }

    private static func value(_ key: String, _ pairs: [String]) -> Int64 {
        var index = 0
        while index + 1 < pairs.count {
            if pairs[index] == key { return Int64(pairs[index + 1], radix: 10) ?? 0 }
            index += 2
        }
        return 0
    }
}
