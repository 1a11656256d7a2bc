import CLinux
import Platform

/// Lets what has a deadline go first: while it is closed, models that have none wait between two instructions. Shared by the
/// pools of a process; costs others one look at a word for each instruction.
public final class UrgencyGate {
    private let word = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    /// Open.
    public init() { word.initialize(to: 0) }

    deinit { word.deallocate() }

    /// For the one thread that runs what has deadlines.
    public func close() { linux_store(word, 1) }

    /// Whoever waits goes on.
    public func open() {
        if linux_exchange(word, 0) != 0 { linux_futex_wake(word, Int32.max) }
    }

    /// Returns once it is open: how long that took, nanoseconds.
    @inline(__always)
    func pass() -> Int64 { linux_load(word) == 0 ? 0 : wait() }

    @inline(never)
    private func wait() -> Int64 {
        let begin = monotonicNanoseconds()
        while linux_load(word) != 0 { linux_futex_wait(word, 1) }
        return monotonicNanoseconds() - begin
    }
}
