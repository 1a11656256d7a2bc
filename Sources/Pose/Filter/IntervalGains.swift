/// Everything the filter derives from the sample interval, computed again only when the interval changes.
struct IntervalGains: Sendable {
    private(set) var interval: Float = -1
    private(set) var inverse: Float = 0
    private(set) var rest = LowPassGains<Float>()
    private(set) var acceleration = LowPassGains<Double>()
    private(set) var accelerationSingle = LowPassGains<Float>()
    private(set) var magneticSmoothing = LowPassGains<Float>()
    private(set) var heading: Float = 0
    private(set) var magneticReference: Float = 0
    private(set) var biasGrowth: Float = 0
    private(set) var biasMotionVariance: Float = 0
    private(set) var biasVerticalVariance: Float = 0
    private(set) var biasRestVariance: Float = 0

    init() {}

    @inline(never)
    mutating func prepare(_ interval: Float, _ p: PoseParameters) {
        self.interval = interval
        inverse = 1 / interval
        rest = LowPassGains(interval: interval, tau: p.restFilterSeconds)
        acceleration = LowPassGains(interval: interval, tau: p.accelerationTimeConstantSeconds)
        accelerationSingle = LowPassGains(interval: interval, tau: p.accelerationTimeConstantSeconds)
        magneticSmoothing = LowPassGains(interval: interval, tau: p.magneticSmoothingSeconds)
        heading = FastMath.gain(interval / p.headingTimeConstantSeconds)
        magneticReference = FastMath.gain(interval / p.magneticReferenceSeconds)
        // Bias covariance is in hundredths of a degree per second, squared. Measurement variances follow from the
        // deviation each estimate shall converge to: a steady state P under growth V needs W = P²/V + P.
        let motion = square(100 * p.biasMotionDegreesPerSecond)
        let resting = square(100 * p.biasRestDegreesPerSecond)
        biasGrowth = square(0.1 * 100) * interval / p.biasForgettingSeconds
        let inverseGrowth = 1 / biasGrowth
        biasMotionVariance = motion * motion * inverseGrowth + motion
        biasVerticalVariance = biasMotionVariance / max(p.biasVerticalForgettingFactor, 1e-10)
        biasRestVariance = resting * resting * inverseGrowth + resting
    }

    private func square(_ value: Float) -> Float { value * value }
}
