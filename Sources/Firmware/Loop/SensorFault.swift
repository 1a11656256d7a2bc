import Sensors

/// The faults that a sensor counts, as data for messages and tables.
enum SensorFault: UInt8 {
    case overflow, lostSample, notAcknowledged, timeout, otherBusError, badRegister, missedInterrupt, spuriousInterrupt, reset, busRecovery

    /// Calls the body with every fault, without the array that a list of cases would be.
    static func forEach(_ body: (SensorFault) -> Void) {
        for raw in 0...SensorFault.busRecovery.rawValue { body(SensorFault(rawValue: raw)!) }
    }

    var name: String {
        switch self {
        case .overflow: return "FIFO overflows"
        case .lostSample: return "lost samples"
        case .notAcknowledged: return "not acknowledged"
        case .timeout: return "time-outs"
        case .otherBusError: return "other bus errors"
        case .badRegister: return "bad registers"
        case .missedInterrupt: return "missed interrupts"
        case .spuriousInterrupt: return "spurious interrupts"
        case .reset: return "chip resets"
        case .busRecovery: return "bus recoveries"
        }
    }

    /// In JSON.
    var key: String {
        switch self {
        case .overflow: return "overflows"
        case .lostSample: return "lostSamples"
        case .notAcknowledged: return "notAcknowledged"
        case .timeout: return "timeouts"
        case .otherBusError: return "otherBusErrors"
        case .badRegister: return "badRegisters"
        case .missedInterrupt: return "missedInterrupts"
        case .spuriousInterrupt: return "spuriousInterrupts"
        case .reset: return "resets"
        case .busRecovery: return "busRecoveries"
        }
    }

    func count(in counters: SensorCounters) -> UInt32 {
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
