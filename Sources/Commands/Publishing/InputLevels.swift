/// Which levels of inputs were told, so that a line that flutters doesn't fill a broker's queue. For one thread.
struct InputLevels {
    private static let shortestNanoseconds: Int64 = 100_000_000
    private var told: [(level: Bool?, at: Int64)]

    init(count: Int) { told = Array(repeating: (nil, 0), count: count) }

    /// Whether a level is to be told: it is another than the one before, and that was told a tenth of a second ago or longer.
    mutating func takes(_ level: Bool, of input: Int, now: Int64) -> Bool {
        guard input < told.count, told[input].level != level,
              told[input].level == nil || now - told[input].at >= Self.shortestNanoseconds else { return false }
        told[input] = (level, now)
        return true
    }
}
