import Board

/// Debouncing in software, for kernels that don't do it: a change counts once the level has stayed for the whole period,
/// and bears the time of the edge that began it.
struct EdgeDebouncer {
    let periodNanoseconds: Int64
    /// The level last reported.
    private(set) var level: Bool
    private var pending: LineEdge?

    init(periodNanoseconds: Int64, level: Bool) {
        self.periodNanoseconds = periodNanoseconds
        self.level = level
    }

    /// When the edge that waits will have settled; nil while nothing waits.
    var settlesAtNanoseconds: Int64? { pending.map { $0.timestampNanoseconds &+ periodNanoseconds } }

    /// Takes the next edge; gives the one before it, where that had settled by then.
    mutating func take(_ edge: LineEdge) -> LineEdge? {
        let settled = settle(atNanoseconds: edge.timestampNanoseconds)
        // Back to the level that was reported: the pulse was shorter than the period.
        pending = edge.isRising == level ? nil : edge
        return settled
    }

    /// The edge that waits, once its level has stayed for the period.
    mutating func settle(atNanoseconds now: Int64) -> LineEdge? {
        guard let edge = pending, now &- edge.timestampNanoseconds >= periodNanoseconds else { return nil }
        pending = nil
        level = edge.isRising
        return edge
    }
}
