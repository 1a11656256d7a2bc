import Platform

/// What a policy is set to: enough to put it back.
struct FrequencyState: Equatable {
    var policy: String
    var governor: String
    /// Only under the governor userspace.
    var kilohertz: Int?

    static func read(policy: String, root: String) -> FrequencyState? {
        let folder = root + "/" + policy
        guard let governor = KernelFile.words(folder + "/scaling_governor").first else { return nil }
        var state = FrequencyState(policy: policy, governor: governor)
        if governor == "userspace" {
            state.kilohertz = KernelFile.words(folder + "/scaling_setspeed").first.flatMap { number(after: "", in: $0) }
        }
        return state
    }

    func putBack(root: String) throws(Failure) {
        let folder = root + "/" + policy
        try KernelFile.write(folder + "/scaling_governor", governor)
        if let kilohertz { try KernelFile.write(folder + "/scaling_setspeed", "\(kilohertz)") }
    }
}
