import Board
import Platform
import Sensors

/// A power monitor's newest values, with the energy since somebody began to count. Fixed size, no references.
public struct MeterReading: Sendable {
    public var power = PowerReading()
    /// Joules of `power` when counting began, and when that was (board time).
    public var joulesAtReset = 0.0
    public var resetNanoseconds: Int64 = 0

    public init() {}

    /// What has flowed since counting began.
    public var joulesSinceReset: Double { power.joules - joulesAtReset }
}

/// One power monitor in the loop, its newest values readable by everybody.
public final class MeterTrack {
    public let source: MeterSource
    public let number: Int
    public let reading = SequenceLock(MeterReading())
    public let health = SequenceLock(SensorHealth())

    private var current = MeterReading()
    private var currentHealth = SensorHealth()
    private var faultReport: FaultReport

    init(_ source: MeterSource, number: Int) {
        self.source = source
        self.number = number
        faultReport = FaultReport(.meterState, .meterFault, number: number)
    }

    /// One turn of the loop; when the monitor wants the next.
    func turn(now: Int64, board: Board, events: EventRing<FirmwareEvent>) -> Int64 {
        while let request = source.requests.pop() {
            switch request {
            case .restart: source.meter?.restart()
            case .resetEnergy:
                current.joulesAtReset = current.power.joules
                current.resetNanoseconds = now
                reading.publish(current)
            }
        }
        let next = source.update(now: now)
        if let measured = source.meter?.reading, measured.samples != current.power.samples {
            if !faultReport.hasBegun { faultReport.begin(source.counters) }
            noteRate(measured)
            current.power = measured
            reading.publish(current)
        }
        report(now, events)
        return next
    }

    private func noteRate(_ measured: PowerReading) {
        let interval = measured.timestampNanoseconds - current.power.timestampNanoseconds
        guard current.power.samples > 0, interval > 0 else { return }
        let rate = Float(1e9 / Double(interval))
        currentHealth.rateHertz += (currentHealth.rateHertz == 0 ? 1 : 0.1) * (rate - currentHealth.rateHertz)
    }

    private func report(_ now: Int64, _ events: EventRing<FirmwareEvent>) {
        let state = source.state, counters = source.counters
        faultReport.tell(state, counters, now: now, events)
        currentHealth.state = state
        currentHealth.counters = faultReport.counted(counters)
        currentHealth.heartbeatNanoseconds = now
        health.publish(currentHealth)
    }
}
