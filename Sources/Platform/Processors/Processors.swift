import CLinux

/// One core that this process may run on.
public struct Processor: Sendable {
    public var number: Int
    /// The scheduler's relative capacity, 1024 for the fastest core; 0 where the kernel doesn't say.
    public var capacity: Int
    /// Highest frequency in kHz; 0 where the kernel doesn't say.
    public var maximumKilohertz: Int

    public init(number: Int, capacity: Int, maximumKilohertz: Int) {
        self.number = number
        self.capacity = capacity
        self.maximumKilohertz = maximumKilohertz
    }

    /// By the kernel's capacity; by the highest frequency where these are equal or unknown.
    public func isSlower(than other: Processor) -> Bool {
        capacity != other.capacity ? capacity < other.capacity : maximumKilohertz < other.maximumKilohertz
    }
}

/// The machine's cores as /sys describes them.
public enum Processors {
    /// Cores that are online and allowed for this process, fastest first.
    public static func available(root: String = "/sys/devices/system/cpu") -> [Processor] {
        var found: [Processor] = []
        for number in numbers(File.text(root + "/online") ?? "0") where linux_may_run_on(Int32(number)) != 0 {
            let folder = root + "/cpu\(number)/"
            found.append(Processor(number: number, capacity: integer(folder + "cpu_capacity"),
                                   maximumKilohertz: integer(folder + "cpufreq/cpuinfo_max_freq")))
        }
        if found.isEmpty { found = [Processor(number: 0, capacity: 0, maximumKilohertz: 0)] }
        found.order { a, b in
            b.isSlower(than: a) || (!a.isSlower(than: b) && a.number < b.number)
        }
        return found
    }

    /// "4 cores: 2 × 2.4 GHz (capacity 1024), 2 × 1.8 GHz (capacity 446)".
    public static func topology(_ processors: [Processor]) -> String {
        var groups: [(count: Int, sample: Processor)] = []
        for processor in processors {
            if let last = groups.last, last.sample.capacity == processor.capacity,
               last.sample.maximumKilohertz == processor.maximumKilohertz {
                groups[groups.count - 1].count += 1
            } else {
                groups.append((1, processor))
            }
        }
        var text = "\(processors.count) core" + (processors.count == 1 ? "" : "s")
        for (index, group) in groups.enumerated() where group.sample.capacity != 0 || group.sample.maximumKilohertz != 0 {
            text += (index == 0 ? ": " : ", ") + "\(group.count)"
            if group.sample.maximumKilohertz != 0 {
                text += " × " + fixed(Double(group.sample.maximumKilohertz) / 1e6, decimals: 1) + " GHz"
            }
            if group.sample.capacity != 0 { text += " (capacity \(group.sample.capacity))" }
        }
        return text
    }

    /// "0-3,6" → 0, 1, 2, 3, 6; at most 1024 of them, nonsense left out.
    static func numbers(_ list: String) -> [Int] {
        var result: [Int] = []
        var first: Int?, value: Int?
        func end() {
            if let value, value < 1024 {
                let start = first ?? value
                if start <= value { for number in start...value { result.append(number) } }
            }
        }
        for byte in list.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = min((value ?? 0) * 10 + Int(byte - 48), 1 << 20)
            case UInt8(ascii: "-"):
                first = value
                value = nil
            default:
                end()
                first = nil
                value = nil
            }
        }
        end()
        return result
    }

    private static func integer(_ path: String) -> Int { firstInteger(File.text(path) ?? "") ?? 0 }
}

/// The first run of decimal digits in a text; nil where there is none or it is too large.
func firstInteger(_ text: String) -> Int? {
    var value: Int?
    for byte in text.utf8 {
        if byte >= 48, byte <= 57 {
            let (scaled, overflow) = (value ?? 0).multipliedReportingOverflow(by: 10)
            guard !overflow, scaled <= Int.max - 9 else { return nil }
            value = scaled + Int(byte - 48)
        } else if value != nil {
            break
        }
    }
    return value
}
