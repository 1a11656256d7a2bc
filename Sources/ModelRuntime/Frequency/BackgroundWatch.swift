import Engine

/// Knows whether models without deadlines are at work: the gate that they pass says when one begins, and is asked again a few
/// times a second whether there still is one. Decided by the times it is handed.
public struct BackgroundWatch {
    /// Nanoseconds after which it is asked again.
    public static let interval: Int64 = 200_000_000

    /// One was at work at the last look.
    public private(set) var isBusy = false
    private var watchedSince: Int64?

    /// Nothing is known yet.
    public init() {}

    /// True where the answer changed.
    /// - Parameter wake: an event descriptor that ends the caller's wait when one begins.
    public mutating func update(_ gate: UrgencyGate, now: Int64, wake: Int32) -> Bool {
        guard let since = watchedSince else {
            gate.watch(wake)
            watchedSince = now
            return false
        }
        let before = isBusy
        if gate.hasPassed {
            isBusy = true
            // Not at once: the next instruction is a moment away.
            if now - since >= Self.interval {
                gate.watch(wake)
                watchedSince = now
            }
        } else if now - since >= Self.interval {
            isBusy = false
        }
        return isBusy != before
    }
}
