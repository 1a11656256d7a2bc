/// The gains of a second-order Butterworth low-pass with time constant `tau` (cut-off √2/(2π·tau) hertz) for one
/// sample interval.
struct LowPassGains<Scalar: BinaryFloatingPoint & Sendable>: Sendable {
    var a1: Scalar = 0
    var a2: Scalar = 0
    var a3: Scalar = 1

    init() {}

    init(interval: Float, tau: Float) {
        // Beyond 1 the interval is longer than the filter remembers, and the tangent would run away.
        let angle = min(interval / tau * 0.70710678, 1)
        let g = Scalar(FastMath.tangent(angle))
        a1 = 1 / (1 + g * (g + Scalar(1.4142135623730951)))
        a2 = g * a1
        a3 = g * a2
    }
}

/// A second-order Butterworth low-pass over vectors, in state-variable form with trapezoidal integrators (Zavalishin,
/// The Art of VA Filter Design, 2012). For equal intervals its output equals the bilinear transform's; unlike direct
/// forms its two states don't depend on the interval, so intervals may change from sample to sample, and it keeps
/// its precision in Float32 at cut-offs thousands of times below the sample rate.
///
/// Four lanes even for three axes: a vector of three is padded and repaired at every step.
///
/// For its first `tau` seconds it returns the mean of what it has seen, which converges faster than any filter.
struct LowPass<Vector: SIMD & Sendable>: Sendable where Vector.Scalar: BinaryFloatingPoint & Sendable {
    private var band = Vector(repeating: 0)
    private(set) var low = Vector(repeating: 0)
    private var averagedSeconds: Float = 0
    private var averagedSamples: Vector.Scalar = 0
    private var isAveraging = true

    /// Forgets everything but the current output, and averages anew.
    mutating func restart() {
        band = Vector(repeating: 0)
        averagedSeconds = 0
        averagedSamples = 0
        isAveraging = true
    }

    @inline(__always)
    mutating func update(_ input: Vector, _ gains: LowPassGains<Vector.Scalar>, interval: Float, tau: Float) -> Vector {
        if isAveraging { return average(input, interval: interval, tau: tau) }
        let v3 = input - low
        let a2 = Vector(repeating: gains.a2)
        let v1 = fused(band * gains.a1, v3, a2)
        let v2 = fused(fused(low, band, a2), v3, Vector(repeating: gains.a3))
        band = v1 + v1 - band
        low = v2 + v2 - low
        return v2
    }

    @inline(never)
    private mutating func average(_ input: Vector, interval: Float, tau: Float) -> Vector {
        averagedSamples += 1
        averagedSeconds += interval
        low += (input - low) / averagedSamples
        if averagedSeconds >= tau { isAveraging = false }
        return low
    }
}
