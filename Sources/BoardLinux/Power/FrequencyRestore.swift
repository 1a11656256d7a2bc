import CLinux
import Platform

/// The file that says what cpufreq was set to before this program changed it, so that a later process can put it back
/// after a crash or SIGKILL. A line with the format and the process that changed it, then one a policy:
/// ```
/// swiftlet-cpufreq 1 PID
/// policy0 ondemand
/// policy4 userspace 1400000
/// policy6 schedutil 600000-1800000
/// ```
/// The third word is the speed that userspace had set, or the bounds of the governor's choice.
public enum FrequencyRestore {
    public static let defaultPath = "/run/swiftlet/cpufreq.saved"

    /// Puts back what the file names and removes it; the policies put back, as "policy0: ondemand". Nothing is done where
    /// there is no file. Every policy is tried before the first failure is thrown; the file stays then.
    @discardableResult
    public static func restoreFromFile(_ path: String = defaultPath,
                                       root: String = KernelFrequencyPolicy.defaultRoot) throws(Failure) -> [String] {
        guard File.exists(path) else { return [] }
        let saved = try read(path)
        var done: [String] = []
        var failure: Failure?
        for state in saved.states {
            do throws(Failure) {
                try state.putBack(root: root)
                done.append("\(state.policy): \(state.governor)" + (state.kilohertz.map { " \($0) kHz" } ?? ""))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        unlink(path)
        return done
    }

    struct Saved: Equatable {
        var process: Int32
        var states: [FrequencyState]
    }

    static func read(_ path: String) throws(Failure) -> Saved {
        let lines = splitLines(try File.read(path, limit: 65536))
        let head = lines.first ?? []
        guard head.count == 3, head[0] == "swiftlet-cpufreq", head[1] == "1", let process = number(after: "", in: head[2]) else {
            throw Failure(.badFormat, "\(path) is not a file of saved governors; delete it and set the governor by hand")
        }
        var saved = Saved(process: Int32(clamping: process), states: [])
        for fields in lines.dropFirst() {
            // The names become parts of a path: nothing but "policyN" may pass.
            var state = FrequencyState(policy: fields[0], governor: fields.count > 1 ? fields[1] : "")
            guard (2...4).contains(fields.count), number(after: "policy", in: fields[0]) != nil,
                  fields.dropFirst(2).allSatisfy({ take($0, into: &state) }) else {
                throw Failure(.badFormat, "\(path) is damaged; delete it and set the governor by hand")
            }
            saved.states.append(state)
        }
        return saved
    }

    /// A speed, or bounds; false where it is neither.
    private static func take(_ word: String, into state: inout FrequencyState) -> Bool {
        if let speed = number(after: "", in: word) {
            state.kilohertz = speed
            return true
        }
        let ends = word.utf8.split(separator: UInt8(ascii: "-"))
        guard ends.count == 2, let low = number(after: "", in: String(decoding: Array(ends[0]), as: UTF8.self)),
              let high = number(after: "", in: String(decoding: Array(ends[1]), as: UTF8.self)), low <= high else { return false }
        state.bounds = low...high
        return true
    }

    static func write(_ path: String, _ saved: Saved) throws(Failure) {
        var text = "swiftlet-cpufreq 1 \(saved.process)\n"
        for state in saved.states {
            text += state.policy + " " + state.governor + (state.kilohertz.map { " \($0)" } ?? "")
                + (state.bounds.map { " \($0.lowerBound)-\($0.upperBound)" } ?? "") + "\n"
        }
        try File.writeAtomically(path, Array(text.utf8))
    }

    /// The words of each line that has any.
    private static func splitLines(_ bytes: [UInt8]) -> [[String]] {
        var result: [[String]] = []
        for line in bytes.split(separator: 10) {
            let fields = splitWords(String(decoding: Array(line), as: UTF8.self))
            if !fields.isEmpty { result.append(fields) }
        }
        return result
    }
}
