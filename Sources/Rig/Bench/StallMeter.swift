import Glibc
import Platform

/// How long this machine stopped its most urgent programs: a thread that wakes every millisecond and sees when it was
/// late. What is late here was late for the emulated board too, whose processor then stood still while its sensors went on.
public final class StallMeter {
    private let lock = Lock()
    private var isStopping = false
    private var worst: Int64 = 0
    private var thread: Thread?

    public init() throws(Failure) {
        thread = try Thread { [self] in
            _ = RealTime.useRealTimePriority(3)
            var last = monotonicNanoseconds()
            while true {
                usleep(1000)
                let now = monotonicNanoseconds(), late = now - last - 1_000_000
                last = now
                lock.lock()
                worst = max(worst, late)
                let isStopping = isStopping
                lock.unlock()
                if isStopping { return }
            }
        }
    }

    /// Ends it and gives the longest stop, nanoseconds.
    public func end() -> Int64 {
        lock.lock()
        isStopping = true
        lock.unlock()
        thread?.join()
        thread = nil
        return worst
    }
}
