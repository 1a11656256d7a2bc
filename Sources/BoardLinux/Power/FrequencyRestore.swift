import CLinux
import Platform

/// The file that says what cpufreq was set to before this program changed it, so that a later process can put it back
/// after a crash or SIGKILL. A line with the format and the process that changed it, then one a policy:
/// ```
/// swiftlet-cpufreq 1 PID
/// policy0 ondemand
/// policy4 userspace 1400000
/// ```
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
            let speed = fields.count == 3 ? number(after: "", in: fields[2]) : nil
            guard fields.count == 2 || speed != nil, number(after: "policy", in: fields[0]) != nil else {
                throw Failure(.badFormat, "\(path) is damaged; delete it and set the governor by hand")
            }
            saved.states.append(FrequencyState(policy: fields[0], governor: fields[1], kilohertz: speed))
        }
        return saved
    }

    static func write(_ path: String, _ saved: Saved) throws(Failure) {
        var text = "swiftlet-cpufreq 1 \(saved.process)\n"
        for state in saved.states {
            text += state.policy + " " + state.governor + (state.kilohertz.map { " \($0)" } ?? "") + "\n"
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
