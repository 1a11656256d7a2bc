import CLinux

/// Scheduling and memory for threads that must not be late. Each call gives nil when it took effect, and otherwise one line
/// that says why not: a program goes on without.
public enum RealTime {
    /// The calling thread runs before all ordinary ones (SCHED_FIFO); priority 1 (lowest) to 99.
    public static func useRealTimePriority(_ priority: Int32) -> String? {
        let code = linux_use_fifo(priority)
        guard code != 0 else { return nil }
        if code == EPERM { return "no real-time priority: not allowed (give the service CAP_SYS_NICE, or LimitRTPRIO=\(priority))" }
        return "no real-time priority: " + errorText(code)
    }

    /// Keeps code, heap and stacks that the process has by now from being paged out once they have been touched. Call it
    /// when the sensor thread runs and before models are loaded: locked weights could not be given back under a budget.
    public static func lockMemory() -> String? {
        let code = linux_lock_memory()
        guard code != 0 else { return nil }
        if code == EPERM || code == ENOMEM {
            return "memory is not locked: not allowed (give the service CAP_IPC_LOCK, or LimitMEMLOCK=infinity)"
        }
        return "memory is not locked: " + errorText(code)
    }
}
