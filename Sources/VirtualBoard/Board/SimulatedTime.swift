import CLinux
import Platform

/// The time of a simulated board: the machine's own, or a counter that moves when somebody waits. One lock guards the
/// board's whole state; everything behind it is short.
public final class SimulatedTime {
    public let isFast: Bool
    let lock = Lock()
    private var counter: Int64
    /// Told, with the lock held, that the next event may now be earlier.
    var onChange: (() -> Void)?

    /// - Parameter isFast: time passes only by transfers, which take as long as on a 400 kHz bus, and by waiting.
    public init(isFast: Bool) {
        self.isFast = isFast
        counter = 1_000_000_000
    }

    public func now() -> Int64 {
        guard isFast else { return monotonicNanoseconds() }
        lock.lock()
        defer { lock.unlock() }
        return counter
    }

    func locked<Result>(_ body: () -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body()
    }

    /// With the lock held.
    var lockedNow: Int64 { isFast ? counter : monotonicNanoseconds() }

    /// With the lock held; does nothing in real time.
    func move(toNanoseconds time: Int64) { if isFast { counter = max(counter, time) } }

    /// Lets time pass, without the lock.
    func pass(nanoseconds: Int64) {
        guard nanoseconds > 0 else { return }
        if isFast {
            lock.lock()
            counter += nanoseconds
            lock.unlock()
        } else {
            var rest = timespec()
            rest.tv_sec = time_t(nanoseconds / 1_000_000_000)
            rest.tv_nsec = Int(nanoseconds % 1_000_000_000)
            var left = timespec()
            while nanosleep(&rest, &left) != 0, linux_errno() == EINTR { rest = left }
        }
    }
}
