import Board
@testable import Device
import Platform
import Testing

/// A policy that remembers what it was told.
private final class Policy: FrequencyPolicy {
    final class Hold: FrequencyHold {
        let way = "userspace"
        var told: [Int] = []
        var isRefusing = false

        func hold(_ index: Int) -> Bool {
            if !isRefusing { told.append(index) }
            return !isRefusing
        }
    }

    let name: String, frequenciesKilohertz: [Int]
    let processors: [Int32] = [0], governors = ["userspace", "schedutil"]
    let hold = Hold()
    var canBeTaken = true
    private(set) var restored = 0

    init(_ name: String, _ frequencies: [Int]) { (self.name, frequenciesKilohertz) = (name, frequencies) }

    func governor() throws(Failure) -> String { "schedutil" }
    func currentKilohertz() throws(Failure) -> Int { frequenciesKilohertz[0] }
    func setGovernor(_ name: String) throws(Failure) {}
    func setSpeed(kilohertz: Int) throws(Failure) {}
    func timeInState() -> [(kilohertz: Int, milliseconds: Int64)] { [] }
    func restore() { restored += 1 }
    func takeOver() throws(Failure) -> FrequencyHold {
        guard canBeTaken else { throw Failure(.inputOutput, "no permission to change \(name)") }
        return hold
    }
}

@Suite struct FrequencyHandsTests {
    @Test func theFastestPolicyLeadsAndOthersFollow() throws {
        let small = Policy("policy0", [408_000, 816_000, 1_200_000, 1_800_000]), none = Policy("policy2", [])
        let big = Policy("policy4", [600_000, 1_200_000, 2_400_000])
        let hands = try #require(FrequencyHands([small, none, big]))
        #expect(hands.kilohertz == [600_000, 1_200_000, 2_400_000] && !hands.isEngaged && !hands.set(1))
        try hands.engage()
        #expect(hands.isEngaged && hands.way == "userspace")
        for index in 0..<3 { #expect(hands.set(index)) }
        // A quarter of 1.8 GHz is 450 MHz, half of it 900.
        #expect(big.hold.told == [0, 1, 2] && small.hold.told == [1, 2, 3] && none.hold.told.isEmpty)
        hands.release()
        #expect(!hands.isEngaged && !hands.set(0) && big.hold.told.count == 3 && !hands.takeFailure())
    }

    @Test func whatIsRefusedIsToldOnce() throws {
        let policy = Policy("policy0", [600_000, 1_200_000]), hands = try #require(FrequencyHands([policy]))
        try hands.engage()
        policy.hold.isRefusing = true
        #expect(!hands.set(1) && hands.takeFailure() && !hands.takeFailure())
    }

    @Test func allOrNone() throws {
        let first = Policy("policy0", [600_000, 1_200_000]), second = Policy("policy4", [600_000, 2_400_000])
        second.canBeTaken = false
        let hands = try #require(FrequencyHands([first, second]))
        #expect(throws: Failure.self) { try hands.engage() }
        #expect(!hands.isEngaged && first.restored == 1 && second.restored == 0)
        #expect(FrequencyHands([Policy("policy0", [])]) == nil && FrequencyHands([]) == nil)
    }
}
