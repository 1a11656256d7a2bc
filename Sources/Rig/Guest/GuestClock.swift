import Platform

/// The board's monotonic clock beside ours. Both run at the same rate (QEMU's virtual clock is the host's), so one
/// difference is all there is to know: signals that go one way bound it from below, those that come back from above,
/// and the quickest of each bound it best (as in NTP, RFC 5905, but for ways of different lengths).
public struct GuestClock {
    // Ours minus the board's lies between them.
    private var least = Int64.min / 4, most = Int64.max / 4

    public init() {}

    /// Something that we did at `ours` or later was seen on the board at `theirs`.
    public mutating func sent(ours: Int64, seen theirs: Int64) { least = max(least, ours - theirs) }

    /// Something that happened on the board at `theirs` had reached us by `ours`.
    public mutating func told(theirs: Int64, received ours: Int64) { most = min(most, ours - theirs) }

    /// By how much `ours` may be off, either way; years before signals have gone both ways.
    public var uncertaintyNanoseconds: Int64 { max(0, (most - least) / 2) }

    /// Our time of a moment on the board's clock.
    public func ours(_ theirs: Int64) -> Int64 { theirs + least + (most - least) / 2 }
}
