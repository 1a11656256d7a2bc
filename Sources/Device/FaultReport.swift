import Platform
import Sensors

/// What of a source's state and faults was told already.
struct FaultReport {
    private let stateKind: FirmwareEvent.Kind
    private let faultKind: FirmwareEvent.Kind
    private let number: Int
    private var state: SensorState?
    private var faults = SensorCounters()
    private var setUpResets: UInt32 = 0
    private var newest: Int64 = 0
    /// The set-up is over; its own resets are no faults.
    private(set) var hasBegun = false

    /// - Parameter number: of the source, among those of its kind.
    init(_ stateKind: FirmwareEvent.Kind, _ faultKind: FirmwareEvent.Kind, number: Int) {
        self.stateKind = stateKind
        self.faultKind = faultKind
        self.number = number
    }

    /// What was counted until now isn't told.
    /// - Parameter isOver: the set-up is, the first values are there.
    mutating func begin(_ counters: SensorCounters, isOver: Bool = true) {
        hasBegun = isOver
        setUpResets = counters.resets
        faults = counters
    }

    /// Tells what is new, faults at most once a second: a storm of them is one line.
    mutating func tell(_ state: SensorState, _ counters: SensorCounters, now: Int64, _ events: EventRing<FirmwareEvent>) {
        if state != self.state {
            self.state = state
            events.push(FirmwareEvent(stateKind, source: number, at: now, value: UInt32(state.rawValue)))
        }
        guard hasBegun, counters != faults, now - newest > 1_000_000_000 else { return }
        newest = now
        SensorFault.forEach { fault in
            let count = fault.count(in: counters)
            guard count != fault.count(in: faults) else { return }
            events.push(FirmwareEvent(faultKind, source: number, at: now, value: UInt32(fault.rawValue), sequence: count))
        }
        faults = counters
    }

    /// The counters without the set-up's resets.
    func counted(_ counters: SensorCounters) -> SensorCounters {
        var counted = counters
        counted.resets &-= setUpResets
        return counted
    }
}
