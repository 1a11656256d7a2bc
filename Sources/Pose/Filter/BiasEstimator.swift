/// The gyroscope's bias, by a three-state Kalman filter whose measurement is the low-passed rate at rest, or in
/// motion the drift that the accelerometer has just corrected.
///
/// The measurement noise is independent on the three axes, so the update is done one axis after the other: the same
/// result as the joint update, without inverting a matrix.
struct BiasEstimator: Sendable {
    /// rad/s
    private(set) var bias = SIMD3<Float>()
    /// Covariance, (0.01 °/s)²: the symmetric matrix's three columns.
    private var p0: SIMD3<Float>
    private var p1: SIMD3<Float>
    private var p2: SIMD3<Float>
    private let initialVariance: Float

    init(_ p: PoseParameters) {
        initialVariance = p.biasInitialDegreesPerSecond * p.biasInitialDegreesPerSecond * 10_000
        p0 = SIMD3(initialVariance, 0, 0)
        p1 = SIMD3(0, initialVariance, 0)
        p2 = SIMD3(0, 0, initialVariance)
    }

    /// Largest standard deviation over all directions, bounded from above by the largest row sum, rad/s.
    var deviation: Float {
        let a = abs(p0.x) + abs(p0.y) + abs(p0.z)
        let b = abs(p1.x) + abs(p1.y) + abs(p1.z)
        let c = abs(p2.x) + abs(p2.y) + abs(p2.z)
        return max(min(max(a, b, c), initialVariance), 0).squareRoot() * 0.01 * FastMath.degree
    }

    mutating func set(_ newBias: SIMD3<Float>, deviation: Float) {
        bias = newBias
        let hundredths = deviation / FastMath.degree * 100
        let variance = hundredths * hundredths
        p0 = SIMD3(variance, 0, 0)
        p1 = SIMD3(0, variance, 0)
        p2 = SIMD3(0, 0, variance)
    }

    @inline(__always)
    mutating func grow(_ growth: Float) {
        if p0.x < initialVariance { p0.x += growth }
        if p1.y < initialVariance { p1.y += growth }
        if p2.z < initialVariance { p2.z += growth }
    }

    /// The rate itself was measured.
    @inline(__always)
    mutating func measure(rate: SIMD3<Float>, variance: Float, limit: Float) {
        let error = bounded(rate - bias, limit)
        var step = SIMD3<Float>()
        absorb(p0, p0.x, error.x, variance, &step)
        absorb(p1, p1.y, error.y - step.y, variance, &step)
        absorb(p2, p2.z, error.z - step.z, variance, &step)
        finish(step, limit)
    }

    /// Three linear combinations of the bias were measured, given as innovations.
    @inline(__always)
    mutating func measure(rows r: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>), innovation: SIMD3<Float>,
                          variances: SIMD3<Float>, limit: Float) {
        let error = bounded(innovation, limit)
        var step = SIMD3<Float>()
        let v0 = product(r.0)
        absorb(v0, dot(r.0, v0), error.x, variances.x, &step)
        let v1 = product(r.1)
        absorb(v1, dot(r.1, v1), error.y - dot(r.1, step), variances.y, &step)
        let v2 = product(r.2)
        absorb(v2, dot(r.2, v2), error.z - dot(r.2, step), variances.z, &step)
        finish(step, limit)
    }

    @inline(__always)
    private func product(_ r: SIMD3<Float>) -> SIMD3<Float> { p0 * r.x + p1 * r.y + p2 * r.z }

    /// One scalar measurement with P·r = v and r·P·r = spread.
    @inline(__always)
    private mutating func absorb(_ v: SIMD3<Float>, _ spread: Float, _ error: Float, _ variance: Float, _ step: inout SIMD3<Float>) {
        let gain = v * (1 / (variance + spread))
        step += gain * error
        // Outer product of gain and v: symmetric by construction, so rounding can't make P lopsided.
        p0 -= gain * v.x
        p1 -= gain * v.y
        p2 -= gain * v.z
    }

    /// Each axis within ±limit; the library's `clamped` is a loop of calls.
    @inline(__always)
    private func bounded(_ v: SIMD3<Float>, _ limit: Float) -> SIMD3<Float> {
        SIMD3(min(max(v.x, -limit), limit), min(max(v.y, -limit), limit), min(max(v.z, -limit), limit))
    }

    @inline(__always)
    private mutating func finish(_ step: SIMD3<Float>, _ limit: Float) {
        bias = bounded(bias + step, limit)
    }
}
