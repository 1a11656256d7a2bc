import Board
import Platform

/// The processors' frequency in the firmware's own hands: every policy that has a table. The one with the highest frequency leads,
/// since models run on its cores; the others follow at the same share of theirs. Any thread.
public final class FrequencyHands {
    private struct Follower {
        var hold: any FrequencyHold
        /// For each of the leading frequencies, the lowest of its own with the same share of the highest or more.
        var numbers: [Int]
    }

    /// What `governor` in the configuration and on the console calls it.
    public static let name = "deadlines"
    /// Of the policy that leads, rising.
    public let kilohertz: [Int]
    /// How it is set: "userspace" or "bounds".
    public private(set) var way = ""
    private let policies: [any FrequencyPolicy]
    private let lock = Lock()
    private var followers: [Follower] = []
    private var isFailing = false

    /// Takes over nothing yet; nil where no policy has a table.
    public init?(_ policies: [any FrequencyPolicy]) {
        var lead: [Int] = [], own: [any FrequencyPolicy] = []
        for policy in policies {
            guard let highest = policy.frequenciesKilohertz.last else { continue }
            own.append(policy)
            if highest > lead.last ?? 0 { lead = policy.frequenciesKilohertz }
        }
        guard !lead.isEmpty else { return nil }
        kilohertz = lead
        self.policies = own
    }

    /// Whether it is in these hands now.
    public var isEngaged: Bool {
        lock.lock()
        defer { lock.unlock() }
        return !followers.isEmpty
    }

    /// Takes the policies over. Fails as `takeOver`, and has none then.
    public func engage() throws(Failure) {
        lock.lock()
        defer { lock.unlock() }
        guard followers.isEmpty else { return }
        var taken: [Follower] = []
        do throws(Failure) {
            for policy in policies {
                let hold = try policy.takeOver()
                way = hold.way
                taken.append(Follower(hold: hold, numbers: Self.following(policy.frequenciesKilohertz, kilohertz)))
            }
        } catch {
            for policy in policies.prefix(taken.count) { policy.restore() }
            throw error
        }
        followers = taken
    }

    /// Lets go: whoever calls says who governs instead.
    public func release() {
        lock.lock()
        followers = []
        lock.unlock()
    }

    /// Sets the frequency of that number; false where it is in other hands, or the kernel takes it no more. Allocates nothing.
    public func set(_ index: Int) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard !followers.isEmpty else { return false }
        var isDone = true
        for number in followers.indices {
            if !followers[number].hold.hold(followers[number].numbers[index]) { isDone = false }
        }
        if !isDone { isFailing = true }
        return isDone
    }

    /// True once after the kernel refused.
    public func takeFailure() -> Bool {
        lock.lock()
        defer { lock.unlock() }
        let failed = isFailing
        isFailing = false
        return failed
    }

    private static func following(_ own: [Int], _ lead: [Int]) -> [Int] {
        var numbers: [Int] = []
        for value in lead {
            let share = Double(value) / Double(lead[lead.count - 1])
            numbers.append(own.firstIndex { Double($0) >= share * Double(own[own.count - 1]) * 0.999 } ?? own.count - 1)
        }
        return numbers
    }
}
