import Platform

/// The board's monotonic clock beside ours. Both run at the same rate (QEMU's virtual clock is the host's), so one
/// difference is all there is to know.
public struct GuestClock {
    /// Ours minus the board's, and how far off that can be.
    public let offsetNanoseconds: Int64, uncertaintyNanoseconds: Int64

    /// Asks the board for its time again and again: the quickest answer says it best (as in NTP, RFC 5905).
    public init(_ shell: GuestShell, tries: Int = 40) throws(Failure) {
        var best: (offset: Int64, uncertainty: Int64)?
        for _ in 0..<tries {
            let before = monotonicNanoseconds()
            // The kernel's list of timers has its clock in the third line; read by the shell itself, so that no process
            // has to be made.
            let text = try shell.run("{ read a; read b; read now; } < /proc/timer_list; echo $now").text
            let after = monotonicNanoseconds()
            guard let theirs = text.split(whereSeparator: \.isWhitespace).compactMap({ Int64($0) }).last else {
                throw Failure(.badFormat, "the board's list of timers has no time: \(text)")
            }
            if best == nil || after - before < best!.uncertainty * 2 { best = (before + (after - before) / 2 - theirs, (after - before) / 2) }
        }
        (offsetNanoseconds, uncertaintyNanoseconds) = best ?? (0, .max)
    }

    /// Our time of a moment on the board's clock.
    public func ours(_ theirs: Int64) -> Int64 { theirs + offsetNanoseconds }
}
