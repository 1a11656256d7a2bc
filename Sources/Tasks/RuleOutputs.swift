import Configuration
import Device
import Platform

/// The outputs that rules switch on for a time, and when each goes off again. For one thread.
struct RuleOutputs {
    /// Of each output: when it goes off, monotonic nanoseconds; nil: not by itself.
    private var ends: [(name: String, at: Int64)] = []

    /// An output is set by a rule.
    mutating func set(_ name: String, isOn: Bool, for nanoseconds: Int64?, on device: Device) {
        ends.removeAll { $0.name == name }
        if let nanoseconds, isOn { ends.append((name, monotonicNanoseconds() + nanoseconds)) }
        apply(name, isOn, device)
    }

    /// Switches off what is due.
    mutating func expire(now: Int64, on device: Device) {
        for entry in ends where entry.at <= now { apply(entry.name, false, device) }
        ends.removeAll { $0.at <= now }
    }

    /// When the next one is due.
    var next: Int64 {
        var earliest = Int64.max
        for entry in ends { earliest = min(earliest, entry.at) }
        return earliest
    }

    private func apply(_ name: String, _ isOn: Bool, _ device: Device) {
        do throws(Failure) {
            try device.setOutput(name, isOn: isOn)
        } catch {
            device.log.write(.error, "output \(name): \(error.description)")
        }
    }
}
