import CLinux
import Platform

/// The time of a simulated board: the machine's own, or a counter that moves when somebody waits, up to an end at which
/// it stands still. One lock guards the board's whole state; everything behind it is short.
public final class SimulatedTime {
    public let isFast: Bool
    let lock = Lock()
    private var counter: Int64
    /// Where fast time ends. Guarded by `lock`.
    private var endNanoseconds = Int64.max
    /// Told, with the lock held, that the next event may now be earlier.
    var onChange: (() -> Void)?

    /// - Parameter isFast: time passes only by transfers, which take as long as on a 400 kHz bus, and by waiting.
    public init(isFast: Bool) {
        self.isFast = isFast
        counter = 1_000_000_000
    }

    /// Monotonic nanoseconds; fast time begins at one second.
    public func now() -> Int64 {
        guard isFast else { return monotonicNanoseconds() }
        lock.lock()
        defer { lock.unlock() }
        return counter
    }

    /// Fast time stands still from this moment on, so that whoever looks then sees the same, however long looking takes.
    /// Waits take real time there. Without an effect in real time.
    public func end(atNanoseconds end: Int64) { locked { endNanoseconds = end } }

    /// Fast time has come to its end.
    public var isOver: Bool { locked { lockedIsOver } }

    func locked<Result>(_ body: () -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body()
    }

    /// With the lock held.
    var lockedNow: Int64 { isFast ? counter : monotonicNanoseconds() }

    /// With the lock held; does nothing in real time.
    func move(toNanoseconds time: Int64) { if isFast { counter = max(counter, min(time, endNanoseconds)) } }

    /// With the lock held.
    var lockedIsOver: Bool { isFast && counter >= endNanoseconds }

    /// Lets time pass, without the lock.
    func pass(nanoseconds: Int64) {
        guard nanoseconds > 0 else { return }
        if isFast {
            lock.lock()
            move(toNanoseconds: counter + nanoseconds)
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
