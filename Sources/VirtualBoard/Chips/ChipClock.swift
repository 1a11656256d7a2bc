/// A chip's own sample clock: off by a drift, each sample a little beside its place in the grid. Jitter does not add
/// up, drift does.
struct ChipClock {
    /// How much faster than nominal.
    var drift: Double
    var jitterNanoseconds: Double
    /// When the next sample is due; nil while stopped.
    private(set) var next: Int64?
    /// The period asked for, before drift.
    private(set) var nominalPeriod = 0.0
    // The grid is kept apart from its jitter, as whole nanoseconds and a rest, which no uptime can round away.
    private var grid: Int64 = 0
    private var rest = 0.0

    init(drift: Double, jitterNanoseconds: Double) {
        self.drift = drift
        self.jitterNanoseconds = jitterNanoseconds
    }

    /// First sample one period after `start`.
    mutating func start(atNanoseconds start: Int64, hertz: Double, random: inout ChipRandom) {
        nominalPeriod = 1e9 / hertz
        grid = start
        rest = 0
        step(&random)
    }

    mutating func stop() { next = nil }

    mutating func step(_ random: inout ChipRandom) {
        let exact = nominalPeriod / (1 + drift) + rest
        let whole = exact.rounded(.down)
        rest = exact - whole
        grid += Int64(whole)
        // Cut off well inside half a period, so that samples stay in order.
        let limit = nominalPeriod * 0.2
        let jitter = jitterNanoseconds == 0 ? 0 : min(max(random.normal() * jitterNanoseconds, -limit), limit)
        next = grid + Int64(jitter)
    }

    /// Passes over what nobody can have seen after a long pause.
    mutating func skip(toNanoseconds now: Int64) {
        guard let next, next < now else { return }
        let period = nominalPeriod / (1 + drift)
        let missed = (Double(now - next) / period).rounded(.down)
        grid += Int64(missed * period)
        self.next = next + Int64(missed * period)
    }
}
