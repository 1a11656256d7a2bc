import CLinux
import Platform

/// Lets what has a deadline go first: while it is closed, models that have none wait between two instructions. Shared by the
/// pools of a process; costs others one look at a word for each instruction. Whoever wants to know that models without deadlines
/// are at work has it watched.
public final class UrgencyGate {
    /// Bits of the word: closed; the next to pass says so.
    private static let closed: UInt32 = 1, watched: UInt32 = 2
    private let word = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var wake: Int32 = -1

    /// Open.
    public init() { word.initialize(to: 0) }

    deinit { word.deallocate() }

    /// For the one thread that runs what has deadlines.
    public func close() { _ = linux_or(word, Self.closed) }

    /// Whoever waits goes on.
    public func open() {
        if linux_and(word, ~Self.closed) & Self.closed != 0 { linux_futex_wake(word, Int32.max) }
    }

    /// The next instruction of a model without a deadline writes to an event descriptor, once. For one thread, which keeps the
    /// descriptor open for as long as models run.
    public func watch(_ wake: Int32) {
        self.wake = wake
        _ = linux_or(word, Self.watched)
    }

    /// Whether one has passed, or come and waits, since `watch`.
    public var hasPassed: Bool { linux_load(word) & Self.watched == 0 }

    /// Returns once it is open: how long that took, nanoseconds.
    @inline(__always)
    func pass() -> Int64 { linux_load(word) == 0 ? 0 : wait() }

    @inline(never)
    private func wait() -> Int64 {
        if linux_load(word) & Self.watched != 0, linux_and(word, ~Self.watched) & Self.watched != 0 {
            var one: UInt64 = 1
            _ = write(wake, &one, 8)
        }
        guard linux_load(word) & Self.closed != 0 else { return 0 }
        let begin = monotonicNanoseconds()
        while true {
            let value = linux_load(word)
            guard value & Self.closed != 0 else { break }
            linux_futex_wait(word, value)
        }
        return monotonicNanoseconds() - begin
    }
}
