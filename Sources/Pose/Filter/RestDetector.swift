/// Decides whether the sensor rests: rate and acceleration must stay close to their own low-passed values for a while.
struct RestDetector: Sendable {
    private var gyroscope = LowPass<SIMD4<Float>>()
    private var accelerometer = LowPass<SIMD4<Float>>()
    private var quietSeconds: Float = 0
    private(set) var isResting = false
    /// Angular rate after the low-pass, rad/s: at rest, the bias.
    private(set) var meanRate = SIMD3<Float>()

    init() {}

    mutating func restart() {
        gyroscope.restart()
        accelerometer.restart()
        quietSeconds = 0
        isResting = false
    }

    @inline(__always)
    mutating func updateRate(_ rate: SIMD3<Float>, _ gains: IntervalGains, _ p: PoseParameters) {
        meanRate = gyroscope.update(SIMD4(rate, 0), gains.rest, interval: gains.interval, tau: p.restFilterSeconds).xyz
        let limit = p.biasLimitDegreesPerSecond * FastMath.degree
        let threshold = p.restGyroscopeDegreesPerSecond * FastMath.degree
        if squaredLength(rate - meanRate) >= threshold * threshold
            || max(abs(meanRate.x), abs(meanRate.y), abs(meanRate.z)) > limit { interrupt() }
    }

    @inline(__always)
    mutating func updateAcceleration(_ acceleration: SIMD3<Float>, _ gains: IntervalGains, _ p: PoseParameters) {
        let mean = accelerometer.update(SIMD4(acceleration, 0), gains.rest, interval: gains.interval, tau: p.restFilterSeconds).xyz
        if squaredLength(acceleration - mean) >= p.restAcceleration * p.restAcceleration {
            interrupt()
        } else {
            quietSeconds += gains.interval
            // A hair less, so that rounding of the sum doesn't shift the decision by a sample.
            if quietSeconds >= p.restSeconds - 0.01 * gains.interval { isResting = true }
        }
    }

    private mutating func interrupt() {
        quietSeconds = 0
        isResting = false
    }
}

@inline(__always)
func dot<S: BinaryFloatingPoint & SIMDScalar>(_ a: SIMD3<S>, _ b: SIMD3<S>) -> S {
    fused(fused(a.x * b.x, a.y, b.y), a.z, b.z)
}

@inline(__always)
func squaredLength<S: BinaryFloatingPoint & SIMDScalar>(_ v: SIMD3<S>) -> S { dot(v, v) }
