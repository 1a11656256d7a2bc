import CLinux

/// Time since an arbitrary start, in nanoseconds; never goes back.
public func monotonicNanoseconds() -> Int64 { clockNanoseconds(CLOCK_MONOTONIC) }

/// Processor time that this process has used, all threads, in nanoseconds.
public func processorNanoseconds() -> Int64 { clockNanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

/// Time of day: nanoseconds since 1970 began (UTC). It jumps where somebody sets the clock.
public func wallNanoseconds() -> Int64 { clockNanoseconds(CLOCK_REALTIME) }

private func clockNanoseconds(_ clock: clockid_t) -> Int64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}
