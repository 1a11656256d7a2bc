@testable import Sensors
import TestSupport
import Testing

/// The recovered sample clock against synthetic chips, interrupts and buses.
@Suite struct SensorClockTests {
    struct Scenario: Sendable, CustomTestStringConvertible {
        var name: String
        var hertz = 200.0
        /// Share that the chip is fast by, at a time in seconds.
        var drift: @Sendable (Double) -> Double
        /// Interrupt latency: exponential, and a share of them up to two milliseconds late.
        var latencyMicroseconds = 50.0, lateShare = 0.0
        var missingShare = 0.0, strangersPerSample = 0.0
        var stride = 1, burst = 4, hasLine = true
        /// RMS allowed.
        var limitMicroseconds: Double
        var testDescription: String { name }
    }

    static let scenarios: [Scenario] = [
        Scenario(name: "200 Hz, 3 % fast", drift: { _ in 0.03 }, limitMicroseconds: 100),
        Scenario(name: "200 Hz, 3 % slow", drift: { _ in -0.03 }, limitMicroseconds: 100),
        Scenario(name: "wandering from -3 % to 3 %", drift: { -0.03 + 0.002 * $0 }, limitMicroseconds: 200),
        Scenario(name: "a step of 3 %", drift: { $0 < 10 ? 0 : 0.03 }, limitMicroseconds: 200),
        Scenario(name: "a step of 4 %, watermark", drift: { $0 < 10 ? 0.01 : -0.03 }, stride: 4, limitMicroseconds: 400),
        Scenario(name: "one in twenty late", drift: { _ in 0.03 }, lateShare: 0.05, limitMicroseconds: 100),
        Scenario(name: "a third missing", drift: { _ in 0.03 }, missingShare: 0.33, limitMicroseconds: 100),
        Scenario(name: "five strangers a sample", drift: { _ in 0.03 }, strangersPerSample: 5, limitMicroseconds: 1000),
        Scenario(name: "1 kHz", hertz: 1000, drift: { _ in 0.03 }, burst: 12, limitMicroseconds: 100),
        Scenario(name: "1 kHz, watermark 20", hertz: 1000, drift: { _ in -0.03 }, stride: 20, burst: 20, limitMicroseconds: 100),
        Scenario(name: "no line", drift: { _ in 0.03 }, hasLine: false, limitMicroseconds: 300),
    ]

    @Test(arguments: scenarios, [1, 2, 3] as [UInt64])
    func sampleTimes(_ scenario: Scenario, seed: UInt64) {
        let result = Self.run(scenario, seed: seed)
        #expect(result.rootMeanSquareMicroseconds < scenario.limitMicroseconds)
        #expect(result.isInOrder)
    }

    @Test func missingInterruptsAreCounted() {
        var clock = RecoveredClock(nominalHertz: 100)
        for index in 0..<200 as Range<Int64> {
            let time = 1_000_000_000 + index * 10_000_000
            if index % 10 != 7 || index < 20 { clock.interrupt(at: time) }
            if index % 4 == 3 { clock.count(total: index + 1, begin: time + 3_000_000, end: time + 3_100_000) }
        }
        #expect(clock.missedInterrupts == 18)
        #expect(clock.spuriousInterrupts == 0)
        #expect(abs(clock.periodNanoseconds - 1e7) < 1)
    }

    @Test func samplesLostWithoutNoticeAreFound() {
        var clock = RecoveredClock(nominalHertz: 100)
        var lost: Int64 = 0
        for index in 0..<400 as Range<Int64> {
            let time = 1_000_000_000 + index * 10_000_000
            clock.interrupt(at: time)
            if index == 200 { lost = 5 }
            if index % 4 == 3 { clock.count(total: index + 1 - lost, begin: time + 3_000_000, end: time + 3_100_000) }
        }
        #expect(clock.slippedSamples == 5)
        #expect(abs(clock.time(ofSample: 399 - 5) - (1_000_000_000 + 399 * 10_000_000)) < 10_000)
    }

    /// Times that no clock gives must not stop the program.
    @Test func nonsenseTimesAreSurvived() {
        var clock = RecoveredClock(nominalHertz: 1000, stride: 2)
        var random = Random(5)
        for index in 0..<20_000 as Range<Int64> {
            let time = Int64(random.uniform() * 1e15)
            if random.uniform() < 0.7 { clock.interrupt(at: time) }
            clock.count(total: index + Int64(random.uniform() * 50), begin: time, end: time + Int64(random.uniform() * 1e9))
            _ = clock.time(ofSample: index)
            if index % 100 == 0 { _ = clock.skip(to: time, next: index) }
        }
    }

    // MARK: the synthetic chip

    private static func run(_ scenario: Scenario, seed: UInt64) -> (rootMeanSquareMicroseconds: Double, isInOrder: Bool) {
        var random = Random(seed)
        for _ in 0..<10 { _ = random.uniform() }
        let seconds = 30.0, start = 1e9
        var truth: [Double] = [], time = start + random.uniform() * 1e7
        while time < start + seconds * 1e9 {
            truth.append(time)
            time += 1e9 / scenario.hertz / (1 + scenario.drift((time - start) / 1e9))
        }
        var interrupts: [Double] = []
        for index in 0..<truth.count where (index + 1) % scenario.stride == 0 && random.uniform() >= scenario.missingShare {
            let late = random.uniform() < scenario.lateShare ? random.uniform() * 2e6 : 0
            interrupts.append(truth[index] + random.exponential() * scenario.latencyMicroseconds * 1000 + late)
        }
        for _ in 0..<Int(Double(truth.count) * scenario.strangersPerSample) { interrupts.append(start + random.uniform() * seconds * 1e9) }
        interrupts.sort()

        var clock = RecoveredClock(nominalHertz: scenario.hertz, stride: scenario.stride)
        var next = 0, taken = 0, now = start, squares = 0.0, isInOrder = true, last = Int64.min
        let transfer = 300e3
        while now < start + (seconds - 0.5) * 1e9 {
            while scenario.hasLine, taken < interrupts.count, interrupts[taken] <= now {
                clock.interrupt(at: Int64(interrupts[taken]))
                taken += 1
            }
            var total = next
            while total < truth.count, truth[total] <= now + transfer / 2 { total += 1 }
            let end = now + transfer
            clock.count(total: Int64(total), begin: Int64(now), end: Int64(end))
            let waiting = total - next
            if waiting == 0 || clock.lock == .counted && waiting < scenario.burst {
                now = end + Double(clock.retryNanoseconds) + random.exponential() * 80e3
                continue
            }
            while next < total {
                let stamp = clock.time(ofSample: Int64(next))
                if next > 20, stamp < last - 3_000_000 { isInOrder = false }
                last = stamp
                let error = Double(stamp) - truth[next]
                squares += error * error
                next += 1
            }
            let due = clock.lock == .none ? end : Double(clock.readingTime(ofSample: Int64(next + scenario.burst - 1)))
            now = max(due, end) + random.exponential() * 80e3
        }
        return ((squares / Double(max(1, next))).squareRoot() / 1000, isInOrder)
    }
}

extension Random {
    /// Exponential with mean 1, by von Neumann's comparison of uniform numbers (no logarithm needed).
    fileprivate mutating func exponential() -> Double {
        var whole = 0.0
        while true {
            let first = uniform()
            var last = first, length = 1
            while true {
                let next = uniform()
                if next >= last { break }
                last = next
                length += 1
            }
            if length % 2 == 1 { return whole + first }
            whole += 1
        }
    }
}
