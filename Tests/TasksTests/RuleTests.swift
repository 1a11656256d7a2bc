@testable import Tasks
import Testing

private let millisecond: Int64 = 1_000_000

@Suite struct RuleTests {
    /// Frames every 100 ms with these scores; the numbers of the frames at which something changed, negative where it ended.
    private func changes(_ scores: [Float], hold: Int64, gapAfter: Int = .max) -> [Int] {
        var state = RuleState(threshold: 0.6, hold: hold * millisecond, longestGap: 1000 * millisecond)
        var found: [Int] = []
        for (index, score) in scores.enumerated() {
            let time = Int64(index) * 100 * millisecond + (index > gapAfter ? 5000 * millisecond : 0)
            switch state.update(score: score, time: time) {
            case .began: found.append(index)
            case .ended: found.append(-index)
            case nil: break
            }
        }
        return found
    }

    @Test func holdsOnlyAfterItsTime() {
        #expect(changes([0.7, 0.7, 0.7, 0.7], hold: 200) == [2])
        #expect(changes([0.7, 0.7, 0.5, 0.7, 0.7, 0.7], hold: 200) == [5])
        #expect(changes([0.6, 0.6, 0.6, 0.6], hold: 0) == [])
        #expect(changes([0.1, 0.61], hold: 0) == [1])
    }

    @Test func endsATenthBelowAndAfterTheSameTime() {
        // 0.55 is below the threshold and not far enough below.
        #expect(changes([0.7, 0.55, 0.55, 0.7, 0.53, 0.53], hold: 0) == [0, -4])
        #expect(changes([0.7, 0.7, 0.1, 0.7, 0.1, 0.1, 0.7], hold: 100) == [1, -5])
    }

    @Test func gapsNonsenseAndClocksThatJumpBeginAnew() {
        #expect(changes([0.7, 0.7, 0.7, 0.7, 0.7], hold: 200, gapAfter: 1) == [4])
        #expect(changes([0.7, .nan, 0.7, .infinity, 0.7], hold: 200) == [4])
        var state = RuleState(threshold: 0.5, hold: 100, longestGap: 1000)
        #expect(state.update(score: 1, time: 1_000_000) == nil)
        #expect(state.update(score: 1, time: 0) == nil && state.update(score: 1, time: 100) == .began)
        #expect(state.update(score: .nan, time: 150) == nil && state.update(score: .nan, time: 250) == .ended)
    }

    @Test func framesAreTakenEvenly() {
        // Of 30 a second, trembling by 3 ms, every third or sixth.
        var divider = RateDivider(period: 100 * millisecond)
        var taken: [Int] = []
        for index in 0..<60 {
            let time = Int64(index) * 33_333_333 + Int64(index * 7 % 5 - 2) * millisecond
            if divider.takes(time, every: index < 30 ? 1 : 2) { taken.append(index) }
        }
        let early = taken.filter { $0 < 30 }, late = taken.filter { $0 >= 33 }
        #expect(early == Array(stride(from: 0, to: 30, by: 3)))
        #expect((late.count - 5).magnitude <= 1)
        // A clock that was set back or forward.
        #expect(divider.takes(5, every: 1) && divider.takes(Int64.max / 2, every: 1))
    }
}
