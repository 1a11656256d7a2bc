/// Rate and jitter of samples from their own times, over about the last second.
struct RateMeter {
    private var last: Int64 = 0
    private var mean: Double = 0
    private var variance: Double = 0
    private var count = 0

    var rateHertz: Float { mean > 0 ? Float(1e9 / mean) : 0 }
    var jitterMicroseconds: Float { Float(variance.squareRoot() * 1e-3) }

    mutating func add(_ timestampNanoseconds: Int64) {
        let step = Double(timestampNanoseconds - last)
        last = timestampNanoseconds
        count += 1
        guard count > 1, step > 0 else { return }
        // A gap is no jitter: it has counters of its own.
        if count > 10, step > 10 * mean { return }
        let share = count < 20 ? 1 / Double(count) : min(1, max(step * 1e-9, 0.001))
        let departure = step - mean
        mean += share * departure
        variance = (1 - share) * (variance + share * departure * departure)
        if count < 3 { variance = 0 }
    }
}
