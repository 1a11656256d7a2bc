import Sensors

/// The faults that a sensor counts, as data for messages and tables.
public enum SensorFault: UInt8, Sendable {
    case overflow, lostSample, notAcknowledged, timeout, otherBusError, badRegister, missedInterrupt, spuriousInterrupt, reset, busRecovery

    /// Calls the body with every fault, without the array that a list of cases would be.
    public static func forEach(_ body: (SensorFault) -> Void) {
        for raw in 0...SensorFault.busRecovery.rawValue { body(SensorFault(rawValue: raw)!) }
    }

    /// How often it happened.
    public func count(in counters: SensorCounters) -> UInt32 {
        switch self {
        case .overflow: return counters.overflows
        case .lostSample: return counters.lostSamples
        case .notAcknowledged: return counters.notAcknowledged
        case .timeout: return counters.timeouts
        case .otherBusError: return counters.otherBusErrors
        case .badRegister: return counters.badRegisters
        case .missedInterrupt: return counters.missedInterrupts
        case .spuriousInterrupt: return counters.spuriousInterrupts
        case .reset: return counters.resets
        case .busRecovery: return counters.busRecoveries
        }
    }
}
