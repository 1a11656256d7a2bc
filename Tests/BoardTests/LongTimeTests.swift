import Board
import Platform
@testable import BoardLinux
@testable import Sensors
import Testing
@testable import VirtualBoard

/// Numbers that come round: a board runs for years.
@Suite struct LongTimeTests {
    /// Where clocks of 32 bits end, in nanoseconds: microseconds after 71 minutes, an LSM6DSO's ticks of 25 µs after 30 hours,
    /// milliseconds after 49 days; then three years.
    private static let ends: [Int64] = [4_294_967_296_000, 107_374_182_400_000, 4_294_967_296_000_000, 3 * 365 * 86_400 * 1_000_000_000]

    /// From before such an end until after it: samples keep coming, in order, at their rate, and nothing is counted as a fault.
    @Test(arguments: InertialChip.allCases, ends)
    func sensorsRunOn(_ chip: InertialChip, _ end: Int64) throws {
        let board = SimulatedBoard(fast: true)
        board.locked { board.time.move(toNanoseconds: end - 3_000_000_000) }
        let simulated = chip.simulated(motion: StillMotion(), options: ChipOptions(seed: 5))
        simulated.pin.line = board.addLine("gpiochip0/4", "ready")
        let bus = board.addBus("/dev/i2c-1")
        bus.attach(simulated, at: chip.addresses[0])
        var request = LineRequest(line: "ready")
        request.edges = .rising
        let line = try board.openInput(request)
        let waits = try board.makeWaitSet([line])
        var configuration = SensorConfiguration()
        configuration.chip = chip
        configuration.magnetometer = .none
        let sensor = try InertialSensor(configuration: configuration, bus: bus, dataReady: line, time: { board.now() })
        let buffer = UnsafeMutableBufferPointer<InertialSample>.allocate(capacity: 64)
        defer { buffer.deallocate() }
        var times: [Int64] = [], settled: SensorCounters?
        while board.now() < end + 3_000_000_000 {
            let next = sensor.update(now: board.now())
            let count = sensor.takeSamples(buffer)
            for index in 0..<count where buffer[index].timestampNanoseconds > end - 1_500_000_000 {
                times.append(buffer[index].timestampNanoseconds)
            }
            if settled == nil, board.now() > end - 1_500_000_000 { settled = sensor.counters }
            _ = waits.wait(untilNanoseconds: next)
        }
        let period = 1e9 / Double(sensor.nominalRateHertz)
        #expect(abs(Double(times.count) - 4.5e9 / period) < 0.1 * 4.5e9 / period, "\(times.count) samples")
        for (before, after) in zip(times, times.dropFirst()) {
            #expect(Double(after - before) > 0.8 * period && Double(after - before) < 1.2 * period, "\(before) to \(after)")
        }
        var counters = sensor.counters, before = try #require(settled)
        (counters.samples, before.samples) = (0, 0)
        #expect(counters == before)
    }

    /// A board that stood still for 49 days (its time, not its chips) goes on where it is.
    @Test(arguments: InertialChip.allCases) func aLongPauseIsSurvived(_ chip: InertialChip) throws {
        let session = try SensorSession(chip)
        session.run(seconds: 2)
        session.board.locked { session.board.time.move(toNanoseconds: 4_294_967_296_000_000 - 1_000_000_000) }
        session.run(seconds: 4)
        let samples = session.sensor.counters.samples
        session.run(seconds: 2)
        let more = Double(session.sensor.counters.samples - samples), wanted = 2 * Double(session.sensor.nominalRateHertz)
        #expect(session.sensor.state == .running && abs(more - wanted) < 0.1 * wanted, "\(more) samples, \(session.sensor.state)")
    }

    /// Sample indices beyond 2³², at times beyond 49 days.
    @Test func clocksFitWhateverTheIndex() {
        var clock = RecoveredClock(nominalHertz: 100)
        let first = (Int64(1) << 32) - 200, start: Int64 = 4_294_967_296_000_000
        for index in 0..<400 as Range<Int64> {
            let time = start + index * 10_000_000
            clock.interrupt(at: time)
            if index % 4 == 3 { clock.count(total: first + index + 1, begin: time + 3_000_000, end: time + 3_100_000) }
        }
        #expect(clock.missedInterrupts == 0 && clock.spuriousInterrupts == 0 && clock.slippedSamples == 0)
        #expect(abs(clock.time(ofSample: first + 399) - (start + 399 * 10_000_000)) < 1000)
        #expect(clock.sample(at: start + 399 * 10_000_000 + 5_000_000) == first + 399)
    }

    /// The kernel numbers edges in 32 bits; after the last comes 0, which otherwise says that it doesn't number them.
    @Test func lostEdgesAreCountedWhereTheNumbersComeRound() {
        func edge(_ sequence: UInt32, _ isRising: Bool) -> LineEdge {
            LineEdge(isRising: isRising, timestampNanoseconds: 0, sequence: sequence)
        }
        for watchesBothEdges in [true, false] {
            var losses = EdgeLosses(watchesBothEdges: watchesBothEdges)
            losses.take(edge(1, true))
            let before = UInt32.max - 3
            losses.take(edge(before, false))
            let start = losses.count
            losses.take(edge(.max - 1, true))
            #expect(losses.count &- start == 1)
            // .max is lost.
            losses.take(edge(0, true))
            #expect(losses.count &- start == 2)
            losses.take(edge(1, false))
            losses.take(edge(2, true))
            #expect(losses.count &- start == 2)
            losses.take(edge(5, false))
            #expect(losses.count &- start == 4)
        }
        // A kernel that numbers nothing: two edges in one direction.
        var losses = EdgeLosses(watchesBothEdges: true)
        losses.take(edge(0, true))
        losses.take(edge(0, false))
        losses.take(edge(0, false))
        #expect(losses.count == 1)
    }

    /// The debouncer's sums stay in range at the end of the clock that it is given.
    @Test func debouncingAfterYears() {
        let start: Int64 = 3 * 365 * 86_400 * 1_000_000_000
        var debouncer = EdgeDebouncer(periodNanoseconds: 10_000_000, level: false)
        #expect(debouncer.take(LineEdge(isRising: true, timestampNanoseconds: start)) == nil)
        #expect(debouncer.settle(atNanoseconds: start + 9_999_999) == nil)
        #expect(debouncer.settle(atNanoseconds: start + 10_000_000)?.timestampNanoseconds == start)
    }
}
