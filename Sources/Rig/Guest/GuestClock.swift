import Platform

/// The board's monotonic clock beside ours. Both run at the same rate (QEMU's virtual clock is the host's), so one
/// difference is all there is to know.
public struct GuestClock {
    /// Ours minus the board's.
    public private(set) var offsetNanoseconds: Int64?

    public init() {}

    /// A moment that we caused: our time just before, the board's time when it noticed. It can't have noticed early, so
    /// the quickest of many is nearest to the truth.
    public mutating func add(causedAtNanoseconds ours: Int64, noticedAtNanoseconds theirs: Int64) {
        let difference = ours - theirs
        offsetNanoseconds = max(offsetNanoseconds ?? difference, difference)
    }

    /// Our time of a moment on the board's clock.
    public func ours(_ theirs: Int64) -> Int64? { offsetNanoseconds.map { theirs + $0 } }
}
