import Board
import CLinux
import Platform

/// A policy of Linux's cpufreq: a folder such as /sys/devices/system/cpu/cpufreq/policy0.
public final class KernelFrequencyPolicy: FrequencyPolicy {
    public static let defaultRoot = "/sys/devices/system/cpu/cpufreq"

    public let name: String
    public let processors: [Int32]
    public let governors: [String]
    public let frequenciesKilohertz: [Int]

    let folder: String
    private let currentPath: String
    /// What there was when this object was made; nil where it couldn't be read.
    let original: FrequencyState?
    private let guardian: FrequencyGuard
    private var isChanged = false
    /// Set while the bounds are this program's.
    private var bounds: ClosedRange<Int>?

    init(name: String, guardian: FrequencyGuard) {
        self.name = name
        self.guardian = guardian
        folder = guardian.root + "/" + name
        currentPath = folder + "/scaling_cur_freq"
        var numbers: [Int32] = []
        for word in KernelFile.words(folder + "/related_cpus") {
            if let number = number(after: "", in: word), number < 4096 { numbers.append(Int32(number)) }
        }
        processors = numbers
        governors = KernelFile.words(folder + "/scaling_available_governors")
        var frequencies: [Int] = []
        for word in KernelFile.words(folder + "/scaling_available_frequencies") {
            if let number = number(after: "", in: word) { frequencies.append(number) }
        }
        frequencies.order(by: <)
        frequenciesKilohertz = frequencies
        original = FrequencyState.read(policy: name, root: guardian.root)
    }

    /// All policies under a root, in order of their numbers; none where the kernel has no cpufreq.
    static func all(_ guardian: FrequencyGuard) -> [FrequencyPolicy] {
        var policies: [FrequencyPolicy] = []
        for name in Folder.numbered(guardian.root, prefix: "policy") {
            policies.append(KernelFrequencyPolicy(name: name, guardian: guardian))
        }
        return policies
    }

    public func governor() throws(Failure) -> String { try KernelFile.text(folder + "/scaling_governor") }

    public func currentKilohertz() throws(Failure) -> Int {
        // Asked every second: allocates nothing.
        let descriptor = linux_open(currentPath, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot open \(currentPath)") }
        defer { close(descriptor) }
        guard let value = KernelFile.number(descriptor), value >= 0, value <= 1 << 30 else {
            throw Failure(.badFormat, "\(currentPath) holds no frequency")
        }
        return Int(value)
    }

    public func setGovernor(_ governor: String) throws(Failure) {
        guard governors.isEmpty || governors.contains(governor) else {
            throw Failure(.usage, "\(name) has no governor \(governor); there are: " + joined(governors))
        }
        try willChange()
        releaseBounds()
        try write("scaling_governor", governor)
    }

    public func setSpeed(kilohertz: Int) throws(Failure) {
        let current = try governor()
        guard current == "userspace" else {
            throw Failure(.usage, "\(name) has the governor \(current); a fixed speed needs the governor userspace")
        }
        guard frequenciesKilohertz.isEmpty || frequenciesKilohertz.contains(kilohertz) else {
            var list: [String] = []
            for frequency in frequenciesKilohertz { list.append("\(frequency)") }
            throw Failure(.usage, "\(name) can't run at \(kilohertz) kHz; it can at: " + joined(list))
        }
        try willChange()
        try write("scaling_setspeed", "\(kilohertz)")
    }

    public func takeOver() throws(Failure) -> FrequencyHold {
        guard !frequenciesKilohertz.isEmpty else { throw Failure(.unsupported, "\(name) has no table of frequencies") }
        if governors.contains("userspace"), access(folder + "/scaling_setspeed", W_OK) == 0 {
            try setGovernor("userspace")
            return try KernelFrequencyHold(folder, way: "userspace", names: ["scaling_setspeed"], kilohertz: frequenciesKilohertz)
        }
        guard var state = original, let found = FrequencyState.bounds(policy: name, root: guardian.root) else {
            throw Failure(.inputOutput, "cannot read the bounds of \(name), so they could not be put back; it is left alone")
        }
        state.bounds = bounds ?? found
        let hold = try KernelFrequencyHold(folder, way: "bounds", names: ["scaling_min_freq", "scaling_max_freq"],
                                           kilohertz: frequenciesKilohertz)
        try guardian.willChange(state)
        isChanged = true
        bounds = state.bounds
        return hold
    }

    /// Another governor chooses between the bounds that there were.
    private func releaseBounds() {
        guard let bounds else { return }
        _ = try? KernelFile.write(folder + "/scaling_max_freq", "\(bounds.upperBound)")
        _ = try? KernelFile.write(folder + "/scaling_min_freq", "\(bounds.lowerBound)")
        self.bounds = nil
    }

    public func timeInState() -> [(kilohertz: Int, milliseconds: Int64)] {
        let values = KernelFile.words(folder + "/stats/time_in_state")
        var result: [(kilohertz: Int, milliseconds: Int64)] = []
        var index = 0
        while index + 1 < values.count {
            // The kernel counts in units of 10 ms.
            if let kilohertz = number(after: "", in: values[index]), let ticks = Int64(values[index + 1], radix: 10), ticks >= 0,
               ticks < 1 << 58 {
                result.append((kilohertz, ticks * 10))
            }
            index += 2
        }
        result.order { $0.kilohertz < $1.kilohertz }
        return result
    }

    public func restore() {
        guard isChanged, let original else { return }
        // Nothing can be done about a policy that has gone away; the saved file stays then, for the service's stop action.
        do throws(Failure) {
            releaseBounds()
            try original.putBack(root: guardian.root)
            isChanged = false
            guardian.restored(name)
        } catch {}
    }

    private func willChange() throws(Failure) {
        guard !isChanged else { return }
        guard let original else {
            throw Failure(.inputOutput, "cannot read the governor of \(name), so it could not be put back; it is left alone")
        }
        try guardian.willChange(original)
        isChanged = true
    }

    private func write(_ file: String, _ value: String) throws(Failure) {
        guard access(folder + "/" + file, W_OK) == 0 else {
            throw Failure(.inputOutput, "no permission to change \(name); run as root, or install the udev rules of deploy/")
        }
        try KernelFile.write(folder + "/" + file, value)
    }

    private func joined(_ list: [String]) -> String {
        var text = ""
        for item in list { text += (text.isEmpty ? "" : " ") + item }
        return text
    }
}
