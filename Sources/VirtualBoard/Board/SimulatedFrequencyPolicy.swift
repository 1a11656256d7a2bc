import Board
import Platform

/// One cluster's control.
final class SimulatedFrequencyPolicy: FrequencyPolicy {
    private let policy: SimulatedPower.Policy
    private let power: SimulatedPower
    private let time: SimulatedTime
    private let before: (governor: String, speed: Int)

    /// Before the board is used.
    init(_ policy: SimulatedPower.Policy, power: SimulatedPower, time: SimulatedTime) {
        self.policy = policy
        self.power = power
        self.time = time
        before = (policy.governor, policy.speed)
    }

    var name: String { policy.name }
    var processors: [Int32] { policy.processors }
    var governors: [String] { SimulatedPower.governors }
    var frequenciesKilohertz: [Int] { policy.frequencies }

    func governor() throws(Failure) -> String { time.locked { policy.governor } }

    func currentKilohertz() throws(Failure) -> Int {
        time.locked { power.currentKilohertz(policy, time.lockedNow) }
    }

    func setGovernor(_ name: String) throws(Failure) {
        guard SimulatedPower.governors.contains(name) else {
            throw Failure(.usage, "\(policy.name) has no governor \(name); it has " + SimulatedPower.governors.joined(separator: ", "))
        }
        time.locked {
            power.settle(time.lockedNow)
            policy.governor = name
        }
    }

    func setSpeed(kilohertz: Int) throws(Failure) {
        guard policy.frequencies.contains(kilohertz) else { throw Failure(.usage, "\(policy.name) has no frequency of \(kilohertz) kHz") }
        let done = time.locked {
            guard policy.governor == "userspace" else { return false }
            power.settle(time.lockedNow)
            policy.speed = kilohertz
            return true
        }
        if !done { throw Failure(.usage, "\(policy.name): a speed can be set with the governor userspace only") }
    }

    func takeOver() throws(Failure) -> FrequencyHold {
        try setGovernor("userspace")
        return Hold(self)
    }

    private final class Hold: FrequencyHold {
        let way = "userspace"
        private let owner: SimulatedFrequencyPolicy

        init(_ owner: SimulatedFrequencyPolicy) { self.owner = owner }

        func hold(_ index: Int) -> Bool {
            owner.time.locked {
                guard owner.policy.governor == "userspace" else { return false }
                owner.power.settle(owner.time.lockedNow)
                owner.policy.speed = owner.policy.frequencies[index]
                return true
            }
        }
    }

    func timeInState() -> [(kilohertz: Int, milliseconds: Int64)] {
        time.locked {
            power.settle(time.lockedNow)
            var result: [(kilohertz: Int, milliseconds: Int64)] = []
            for index in 0..<policy.frequencies.count {
                result.append((kilohertz: policy.frequencies[index], milliseconds: policy.nanoseconds[index] / 1_000_000))
            }
            return result
        }
    }

    func restore() {
        time.locked {
            power.settle(time.lockedNow)
            (policy.governor, policy.speed) = before
        }
    }
}
