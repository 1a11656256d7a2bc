import CLinux

/// Notices that the system slept: the boot clock runs on through a suspend, the monotonic clock doesn't. Steps of the wall
/// clock touch neither.
public struct SuspendDetector {
    private var offset: Int64

    /// Counts from now: what the system slept before is not told.
    public init() { self.init(offsetNanoseconds: SuspendDetector.offsetNanoseconds()) }

    init(offsetNanoseconds: Int64) { offset = offsetNanoseconds }

    /// Nanoseconds asleep since the last call; 0 where it wasn't. Drivers then set their chips up anew, which may have lost
    /// power, and start the fit of their sample clocks again.
    public mutating func sleptNanoseconds() -> Int64 { slept(offsetNanoseconds: SuspendDetector.offsetNanoseconds()) }

    /// `now`: by how much the boot clock is ahead of the monotonic one.
    mutating func slept(offsetNanoseconds now: Int64) -> Int64 {
        let slept = now &- offset
        // The clocks are read one after the other, and the thread may be interrupted between them.
        guard slept > 50_000_000 else { return 0 }
        offset = now
        return slept
    }

    private static func offsetNanoseconds() -> Int64 {
        var best: Int64 = 0, shortest = Int64.max, tries = 0
        // A processor that is taken away in between is no sleep: read again, and believe the quickest.
        repeat {
            let before = nanoseconds(CLOCK_MONOTONIC)
            let boot = nanoseconds(CLOCK_BOOTTIME)
            let span = nanoseconds(CLOCK_MONOTONIC) &- before
            if span < shortest {
                shortest = span
                best = boot &- before &- span / 2
            }
            tries += 1
        } while shortest > 10_000_000 && tries < 4
        return best
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
