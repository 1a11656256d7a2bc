/// Means over a window during which the sensor lay still; begins again whenever it is moved.
struct RestWindow {
    /// Largest standard deviations that still are rest: m/s² and rad/s.
    static let accelerationLimit = 0.15, rateLimit = 0.02

    let nanoseconds: Int64
    private var start: Int64 = 0, end: Int64 = 0
    private var count = 0.0
    private var acceleration = SIMD3<Double>(), rate = SIMD3<Double>()
    private var accelerationSquares = 0.0, rateSquares = 0.0

    init(seconds: Double) { nanoseconds = Int64(seconds * 1e9) }

    mutating func restart() { count = 0 }

    /// 0 to 1.
    var progress: Double { count > 0 ? min(1, Double(end - start) / Double(nanoseconds)) : 0 }
    var meanAcceleration: SIMD3<Double> { acceleration }
    var meanRate: SIMD3<Double> { rate }

    /// True once the window is full. Sums after Welford.
    mutating func add(_ sample: InertialSample) -> Bool {
        let a = SIMD3<Double>(sample.acceleration), w = SIMD3<Double>(sample.angularRate)
        guard (a * a).sum().isFinite, (w * w).sum().isFinite else {
            restart()
            return false
        }
        if count == 0 {
            start = sample.timestampNanoseconds
            acceleration = .zero
            rate = .zero
            accelerationSquares = 0
            rateSquares = 0
        }
        end = sample.timestampNanoseconds
        count += 1
        let da = a - acceleration, dw = w - rate
        // A jump is a movement, whatever the spread so far.
        if count > 8, (da * da).sum() > 1 || (dw * dw).sum() > 0.04 {
            restart()
            return false
        }
        acceleration += da / count
        rate += dw / count
        accelerationSquares += (da * (a - acceleration)).sum()
        rateSquares += (dw * (w - rate)).sum()
        guard end - start >= nanoseconds, count >= 20 else { return false }
        if (accelerationSquares / count).squareRoot() > Self.accelerationLimit || (rateSquares / count).squareRoot() > Self.rateLimit {
            restart()
            return false
        }
        return true
    }
}
