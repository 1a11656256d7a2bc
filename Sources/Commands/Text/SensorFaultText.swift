import Device

/// What faults are called.
extension SensorFault {
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
}
