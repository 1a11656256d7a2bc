import Platform

/// What a policy is set to: enough to put it back.
struct FrequencyState: Equatable {
    var policy: String
    var governor: String
    /// Only under the governor userspace.
    var kilohertz: Int?
    /// Bounds of the governor's choice, where they are to be changed.
    var bounds: ClosedRange<Int>?

    static func read(policy: String, root: String) -> FrequencyState? {
        let folder = root + "/" + policy
        guard let governor = KernelFile.words(folder + "/scaling_governor").first else { return nil }
        var state = FrequencyState(policy: policy, governor: governor)
        if governor == "userspace" {
            state.kilohertz = KernelFile.words(folder + "/scaling_setspeed").first.flatMap { number(after: "", in: $0) }
        }
        return state
    }

    /// The bounds of a policy; nil where they can't be read.
    static func bounds(policy: String, root: String) -> ClosedRange<Int>? {
        let folder = root + "/" + policy
        guard let low = KernelFile.integer(folder + "/scaling_min_freq"), let high = KernelFile.integer(folder + "/scaling_max_freq"),
              low > 0, low <= high, high <= 1 << 30 else { return nil }
        return Int(low)...Int(high)
    }

    /// The files that are written to put it back, and what with: the upper bound first, which is above any lower one.
    var texts: [(file: String, text: String)] {
        var texts = [(file: "scaling_governor", text: governor)]
        if let kilohertz { texts.append((file: "scaling_setspeed", text: "\(kilohertz)")) }
        if let bounds {
            texts.append((file: "scaling_max_freq", text: "\(bounds.upperBound)"))
            texts.append((file: "scaling_min_freq", text: "\(bounds.lowerBound)"))
        }
        return texts
    }

    func putBack(root: String) throws(Failure) {
        let folder = root + "/" + policy
        for entry in texts { try KernelFile.write(folder + "/" + entry.file, entry.text) }
    }
}
