@testable import Sensors
import Testing
@testable import VirtualBoard

/// Each fault is survived: its counter raised, data back soon after its end.
@Suite struct SensorFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var fault: @Sendable (UInt8) -> Fault
        /// How long the fault itself lasts, and how long data may stay away after it.
        var seconds = 0.0, limitMilliseconds = 150.0
        /// What must have counted it.
        var counted: @Sendable (SensorCounters) -> Bool
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "one NACK", fault: { .notAcknowledged(address: $0, count: 1) },
             counted: { $0.notAcknowledged == 1 && $0.lostSamples == 0 }),
        Case(name: "ten NACKs", fault: { .notAcknowledged(address: $0, count: 10) },
             counted: { $0.notAcknowledged == 10 && $0.lostSamples == 0 }),
        Case(name: "data held low for a second", fault: { _ in .held(seconds: 1, line: .data) }, seconds: 1,
             counted: { $0.otherBusErrors > 5 && $0.busRecoveries > 1 && $0.lostSamples > 100 }),
        Case(name: "clock held low for a second", fault: { _ in .held(seconds: 1, line: .clock) }, seconds: 1,
             counted: { $0.timeouts > 3 && $0.busRecoveries > 1 }),
        Case(name: "data held until clocked free", fault: { _ in .held(seconds: nil, line: .data) }, counted: { $0.busRecoveries == 1 }),
        Case(name: "short reads", fault: { .shortRead(address: $0, count: 3) }, counted: { $0.otherBusErrors + $0.overflows > 0 }),
        Case(name: "chip reset", fault: { .reset(address: $0) }, counted: { $0.badRegisters > 0 }),
        Case(name: "FIFO overflow", fault: { .overflow(address: $0) }, counted: { $0.overflows == 1 && $0.lostSamples > 0 }),
        Case(name: "interrupt storm", fault: { .storm(address: $0, seconds: 1, hertz: 5000) }, seconds: 1,
             counted: { $0.spuriousInterrupts > 1000 && $0.lostSamples == 0 }),
        Case(name: "muted interrupt", fault: { .mutedInterrupt(address: $0, seconds: 1) }, seconds: 1,
             counted: { $0.missedInterrupts > 20 && $0.lostSamples == 0 }),
        Case(name: "clock drifts", fault: { .drift(address: $0, share: -0.03) }, counted: { $0.overflows == 0 }),
    ]

    @Test(arguments: InertialChip.allCases, cases)
    func isSurvived(_ kind: InertialChip, _ test: Case) throws {
        let session = try SensorSession(kind, drift: 0.01)
        session.run(seconds: 2)
        let start = session.board.now(), before = session.samples.count
        try session.board.apply(test.fault(session.address))
        session.run(seconds: test.seconds + 2)
        #expect(session.sensor.state == .running)
        #expect(test.counted(session.sensor.counters), "\(session.sensor.counters)")
        // The largest hole, less the fault itself.
        var hole: Int64 = 0
        for index in max(1, before)..<session.samples.count {
            hole = max(hole, session.samples[index].timestampNanoseconds - session.samples[index - 1].timestampNanoseconds)
        }
        #expect(Double(hole) / 1e6 < test.seconds * 1000 + test.limitMilliseconds)
        #expect(session.samples.last.map { session.board.now() - $0.timestampNanoseconds < 100_000_000 } == true)
        #expect(session.timing().rootMeanSquareMicroseconds < 1000)
        #expect(session.samples.last!.timestampNanoseconds > start)
    }

    /// From 3 % fast to 3 % slow at once, after every fault that there is, with interrupts that scatter as they do on a
    /// busy board.
    @Test(arguments: InertialChip.allCases, [2, 60, 120]) func aClockThatChangesIsFollowed(_ kind: InertialChip,
                                                                                           jitterMicroseconds: Double) throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            var options = ChipOptions(seed: seed)
            options.jitterNanoseconds = jitterMicroseconds * 1000
            let session = try SensorSession(kind, drift: 0.03, options: options)
            session.run(seconds: 2, keep: false)
            let fast = session.sensor.measuredRateHertz
            for test in Self.cases where test.name != "clock drifts" {
                try session.board.apply(test.fault(session.address))
                session.run(seconds: test.seconds + 1.5 + 0.13 * Double(seed), keep: false)
            }
            try session.board.apply(.drift(address: session.address, share: -0.03))
            session.run(seconds: 6, keep: false)
            let slow = session.sensor.measuredRateHertz
            #expect(abs(slow / fast - 0.97 / 1.03) < 0.003, "seed \(seed): \(fast) to \(slow) Hz")
        }
    }

    @Test func aCorruptedRegisterIsFoundAndWrittenAgain() throws {
        let session = try SensorSession(.mpu6050, motion: StillMotion(), options: .ideal)
        session.run(seconds: 2)
        // The gyroscope's range, which halves what it seems to measure.
        try session.board.apply(.corrupted(address: 0x68, register: 0x1B, mask: 0x18))
        session.run(seconds: 3)
        #expect(session.sensor.counters.badRegisters == 1)
        #expect(session.sensor.state == .running)
        #expect(session.chip.registers[0x1B] == 0x10)
    }
}
