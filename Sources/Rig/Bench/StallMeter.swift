import Glibc
import Platform

/// How long this machine stopped its most urgent programs: a thread that wakes every millisecond and sees when it was
/// late. What is late here was late for the emulated board too, whose processor then stood still while its sensors went on.
public final class StallMeter {
    private let lock = Lock()
    private var isStopping = false
    private var worst: Int64 = 0

    private init() {}

    /// What the body gives, and the longest stop while it ran, nanoseconds.
    public static func measure<Result>(_ body: () throws -> Result) throws -> (result: Result, longestNanoseconds: Int64) {
        let meter = StallMeter()
        let thread = try Thread { meter.run() }
        let result = Swift.Result { try body() }
        meter.stop()
        thread.join()
        return (try result.get(), meter.worst)
    }

    private func run() {
        _ = RealTime.useRealTimePriority(3)
        var last = monotonicNanoseconds()
        while !hasStopped {
            usleep(1000)
            let now = monotonicNanoseconds()
            worst = max(worst, now - last - 1_000_000)
            last = now
        }
    }

    private var hasStopped: Bool {
        lock.lock()
        defer { lock.unlock() }
        return isStopping
    }

    private func stop() {
        lock.lock()
        isStopping = true
        lock.unlock()
    }
}
