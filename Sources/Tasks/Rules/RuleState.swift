/// Whether a rule's condition holds: a score above a threshold for so long without a break, until it is a tenth below the
/// threshold for as long. Decided by the frames' times; there is no clock in here.
public struct RuleState: Sendable {
    /// What a frame changed.
    public enum Change: Sendable, Equatable { case began, ended }

    /// What ends a rule is below this share of its threshold, so that a score that trembles around it doesn't make it flicker.
    public static let release: Float = 0.9

    public private(set) var holds = false
    private let threshold: Float
    private let hold: Int64
    private let longestGap: Int64
    /// Since when the score has been on the other side.
    private var since: Int64?
    private var last: Int64?

    /// - Parameters:
    ///   - hold: nanoseconds; 0: one frame is enough.
    ///   - longestGap: between two frames; where there was a longer one nobody knows what was in between, and a hold time begins
    ///     anew.
    public init(threshold: Float, hold: Int64, longestGap: Int64) {
        self.threshold = threshold
        self.hold = hold
        self.longestGap = longestGap
    }

    /// Nothing holds and nothing was seen: as it was made.
    public mutating func reset() {
        holds = false
        (since, last) = (nil, nil)
    }

    /// Takes a frame's score; one that isn't a number counts as 0. Whether the condition began or ceased to hold with it.
    public mutating func update(score: Float, time: Int64) -> Change? {
        if let last, time < last || time - last > longestGap { since = nil }
        last = time
        let isOther = holds ? !(score >= threshold * Self.release) : score > threshold
        guard isOther else {
            since = nil
            return nil
        }
        let start = since ?? time
        since = start
        guard time - start >= hold else { return nil }
        holds.toggle()
        since = nil
        return holds ? .began : .ended
    }
}

/// Of a camera's frames the ones that a slower task takes, evenly. Decided by the frames' times.
public struct RateDivider: Sendable {
    private let period: Int64
    private var due: Int64?

    /// - Parameter period: between two frames that are taken, nanoseconds.
    public init(period: Int64) { self.period = period }

    /// Whether the frame of that time is taken. A frame up to a quarter of a period early counts as in time: cameras tremble.
    public mutating func takes(_ time: Int64, every: Int) -> Bool {
        let step = period * Int64(every)
        // A clock that was set back, or a pause: begin anew.
        guard let next = due, time >= next - 2 * step, time < next + step else {
            due = time + step
            return true
        }
        guard time >= next - period / 4 else { return false }
        due = next + step
        return true
    }
}
