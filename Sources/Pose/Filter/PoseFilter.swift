/// Attitude from gyroscope, accelerometer and, where there is one, magnetometer, after Laidig and Seel's VQF (2022):
/// acceleration is low-passed in an almost-inertial frame and corrects inclination only, the field corrects heading
/// only, and the gyroscope's bias is estimated at rest and in motion.
///
/// A value type with all state inline: nothing is allocated, and a copy is a snapshot. Frames: earth is east, north,
/// up (6D: any horizontal direction, up); quaternions turn sensor vectors to earth. Units: rad/s, m/s², µT (any
/// constant scale will do for the field), seconds. Whatever the inputs, outputs are finite.
public struct PoseFilter: Sendable {
    public let parameters: PoseParameters
    var gains = IntervalGains()

    /// The gyroscope's running product. Double: at 8 kHz a slow turn moves each component by less than a Float's
    /// last place, and the product would stand still.
    var strapdown = Quaternion<Double>.identity
    var inclination = Attitude.identity
    /// Rotation of the 6D frame about the vertical towards north, rad; Double for the same reason.
    var heading: Double = 0
    var headingStart: Float = 1
    var headingGain = HeadingGain()

    var rest = RestDetector()
    var gyroscopeBias: BiasEstimator
    var field: MagneticField
    /// Double: between 8 kHz samples the low-pass moves by less than a Float's last place of 9.8.
    var gravity = LowPass<SIMD4<Double>>()
    var motion0 = LowPass<SIMD4<Float>>()
    var motion1 = LowPass<SIMD4<Float>>()
    var motion2 = LowPass<SIMD4<Float>>()

    /// Bias-free angular rate of the newest sample, rad/s.
    public internal(set) var rate = SIMD3<Float>()
    /// The newest accelerometer sample, m/s².
    var specificForce = SIMD3<Float>()
    var lastMagneticError: Float = 0
    var pendingSeconds: Float = 0
    var unsettledSeconds: Float = 0
    public internal(set) var counters = PoseCounters()

    /// Starts without a pose: the first samples give inclination and heading.
    public init(_ parameters: PoseParameters = PoseParameters()) {
        self.parameters = parameters
        gyroscopeBias = BiasEstimator(parameters)
        field = MagneticField(parameters)
    }

    /// Inclination right, heading relative to the start.
    public var attitude6D: Attitude { (inclination * strapdown.single).normalised }

    /// Inclination and heading right: x east, y north, z up.
    public var attitude9D: Attitude {
        let half = FastMath.sineCosine(Float(heading) * 0.5)
        return attitude6D.turned(cosine: half.cosine, sine: half.sine)
    }

    /// Gyroscope bias, rad/s, and a bound on its standard deviation.
    public var bias: SIMD3<Float> { gyroscopeBias.bias }
    public var biasDeviation: Float { gyroscopeBias.deviation }
    public var isResting: Bool { rest.isResting }
    public var isMagneticallyDisturbed: Bool { field.isDisturbed }
    /// Rotation from the 6D frame to north, rad in (−π, π].
    public var headingOffset: Float { Float(heading) }

    /// One set of samples taken together, `interval` seconds after the one before. Components that are not finite
    /// or beyond what any sensor gives are left out, and counted; so is a sample whose interval isn't positive.
    public mutating func update(gyroscope: SIMD3<Float>, accelerometer: SIMD3<Float>, magnetometer: SIMD3<Float>? = nil,
                                interval: Float) {
        guard interval > 0, interval.isFinite else {
            counters.badIntervals &+= 1
            return
        }
        guard plausible(gyroscope, 200) else {
            // Without a rate the attitude in between is unknown; the next good sample covers the time.
            counters.badSamples &+= 1
            pendingSeconds = min(pendingSeconds + interval, 3600)
            return
        }
        var step = interval
        if pendingSeconds > 0 {
            step += pendingSeconds
            pendingSeconds = 0
        }
        if step > parameters.gapSeconds { bridge(&step) }
        if step != gains.interval { gains.prepare(step, parameters) }
        turn(gyroscope)
        if plausible(accelerometer, 10_000), !isZero(accelerometer) {
            level(accelerometer)
        } else {
            counters.badSamples &+= 1
        }
        if let magnetometer {
            if plausible(magnetometer, 100_000), !isZero(magnetometer) {
                orient(magnetometer)
            } else {
                counters.badSamples &+= 1
            }
        }
    }

    /// False for NaN, infinities and magnitudes from a broken bus, whose squares could overflow.
    @inline(__always)
    private func plausible(_ v: SIMD3<Float>, _ limit: Float) -> Bool {
        max(abs(v.x), abs(v.y), abs(v.z)) < limit && v.x == v.x && v.y == v.y && v.z == v.z
    }

    @inline(__always)
    private func isZero(_ v: SIMD3<Float>) -> Bool { v.x == 0 && v.y == 0 && v.z == 0 }

    /// What the filter has averaged no longer describes the present: start the averages anew from here.
    @inline(never)
    private mutating func bridge(_ step: inout Float) {
        counters.gaps &+= 1
        // It turned at some rate between the last and the next, or at none of them.
        headingGain.doubt((squaredLength(rate).squareRoot() + 0.1) * min(step, 10))
        step = Self.integrated(step, after: gains.interval)
        forgetAverages()
    }

    /// For how long the newest rate is integrated after a pause. A pause that is long beside the interval before it is a
    /// recording that stood still or a clock that was set: no rate held for so long, and the turn goes on where it was.
    static func integrated(_ step: Float, after usual: Float) -> Float {
        guard step > PauseRule.longestSeconds else { return step }
        return PauseRule.isPause(step, after: usual) ? usual : PauseRule.longestSeconds
    }

    mutating func forgetAverages() {
        unsettledSeconds = parameters.accelerationTimeConstantSeconds
        rest.restart()
        gravity.restart()
        motion0.restart()
        motion1.restart()
        motion2.restart()
    }

    @inline(__always)
    private mutating func turn(_ gyroscope: SIMD3<Float>) {
        rest.updateRate(gyroscope, gains, parameters)
        rate = gyroscope - gyroscopeBias.bias
        let largest = max(abs(gyroscope.x), abs(gyroscope.y), abs(gyroscope.z))
        if largest >= parameters.gyroscopeRangeDegreesPerSecond * FastMath.degree { saturated() }
        let half = SIMD3<Double>(Double(rate.x), Double(rate.y), Double(rate.z)) * (0.5 * Double(gains.interval))
        strapdown = (strapdown * Self.rotation(half)).renormalised
    }

    /// The rotation by twice the vector `half`, rad.
    @inline(__always)
    static func rotation(_ half: SIMD3<Double>) -> Quaternion<Double> {
        let square = squaredLength(half)
        guard square < 0.25 else {
            // Only across gaps: half the turn, twice.
            return squared(rotationByHalves(half * 0.5))
        }
        // Series to the 9th order: below Double's rounding for every rate up to a radian a sample.
        let cosine = 1 - square * (0.5 - square * (1.0 / 24 - square * (1.0 / 720 - square * (1.0 / 40320))))
        let sine = 1 - square * (1.0 / 6 - square * (1.0 / 120 - square * (1.0 / 5040 - square * (1.0 / 362_880))))
        return Quaternion(cosine, half.x * sine, half.y * sine, half.z * sine)
    }

    @inline(never)
    private static func rotationByHalves(_ half: SIMD3<Double>) -> Quaternion<Double> { rotation(half) }

    private static func squared(_ q: Quaternion<Double>) -> Quaternion<Double> { (q * q).normalised }

    /// The turn was faster than the gyroscope can say: the inclination has to be found again.
    @inline(never)
    private mutating func saturated() {
        counters.saturations &+= 1
        headingGain.doubt(10 * gains.interval)
        forgetAverages()
    }

    @inline(__always)
    private mutating func level(_ acceleration: SIMD3<Float>) {
        specificForce = acceleration
        rest.updateAcceleration(acceleration, gains, parameters)

        let turning = strapdown.single
        let inertial = turning.rotate(acceleration)
        let smooth = gravity.update(SIMD4<Double>(Double(inertial.x), Double(inertial.y), Double(inertial.z), 0),
                                    gains.acceleration, interval: gains.interval, tau: parameters.accelerationTimeConstantSeconds)
        var up = inclination.rotate(SIMD3<Float>(Float(smooth.x), Float(smooth.y), Float(smooth.z)))
        let square = squaredLength(up)
        guard square > 1e-6 else { return }
        up *= 1 / square.squareRoot()

        // The shortest turn that brings the measured vertical to the vertical: half-angle formulas, no trigonometry.
        let w = ((up.z + 1) * 0.5).squareRoot()
        let correction: Attitude
        if w > 1e-3 {
            let half = 0.5 / w
            correction = Attitude(w, up.y * half, -up.x * half, 0)
        } else {
            correction = Attitude(0, 1, 0, 0)
        }
        inclination = (correction * inclination).renormalised
        estimateBias(inclination * turning, up)
    }

    @inline(__always)
    private mutating func estimateBias(_ attitude: Attitude, _ up: SIMD3<Float>) {
        let p = parameters
        let bias = gyroscopeBias.bias
        let limit = p.biasLimitDegreesPerSecond * FastMath.degree
        gyroscopeBias.grow(gains.biasGrowth)
        if p.estimatesBiasInMotion {
            // What a bias does to the low-passed acceleration passes through the same low-pass.
            let r = attitude.rows
            let tau = p.accelerationTimeConstantSeconds
            let g = gains.accelerationSingle
            let m0 = motion0.update(SIMD4(r.0, dot(r.0, bias)), g, interval: gains.interval, tau: tau)
            let m1 = motion1.update(SIMD4(r.1, dot(r.1, bias)), g, interval: gains.interval, tau: tau)
            let m2 = motion2.update(SIMD4(r.2, 0), g, interval: gains.interval, tau: tau)
            if !(rest.isResting && p.estimatesBiasAtRest) {
                let rows = (m0.xyz, m1.xyz, m2.xyz)
                let innovation = SIMD3(
                    -up.y * gains.inverse + m0.w - dot(rows.0, bias),
                    up.x * gains.inverse + m1.w - dot(rows.1, bias),
                    -dot(rows.2, bias))
                gyroscopeBias.measure(rows: rows, innovation: innovation,
                                      variances: SIMD3(gains.biasMotionVariance, gains.biasMotionVariance, gains.biasVerticalVariance),
                                      limit: limit)
            }
        }
        if rest.isResting && p.estimatesBiasAtRest {
            gyroscopeBias.measure(rate: rest.meanRate, variance: gains.biasRestVariance, limit: limit)
        }
    }

    @inline(__always)
    private mutating func orient(_ magnetometer: SIMD3<Float>) {
        let p = parameters
        let earth = inclination.rotate(strapdown.single.rotate(magnetometer))
        if p.rejectsMagneticDisturbance {
            field.judge(earth, rate: squaredLength(rest.meanRate).squareRoot(), gains, p)
        }
        lastMagneticError = FastMath.wrapped(FastMath.atan2(earth.x, earth.y) - Float(heading))
        let gain: Float
        if p.adaptsHeadingGain {
            // Before there is a reference nothing speaks against the field.
            if unsettledSeconds > 0 {
                unsettledSeconds -= gains.interval
                headingGain.keepOpen()
            }
            let isStrange = p.rejectsMagneticDisturbance && field.isDisturbed && field.referenceStrength > 0
            gain = headingGain.next(rate: squaredLength(rate).squareRoot(), isDisturbed: isStrange, interval: gains.interval, p)
        } else {
            gain = publishedGain()
        }
        heading += Double(gain * lastMagneticError)
        if heading > .pi { heading -= 2 * .pi } else if heading <= -.pi { heading += 2 * .pi }
    }

    /// The fixed time constant, stopped while the field is disturbed, for as long as that lasts plausibly.
    private mutating func publishedGain() -> Float {
        var gain = parameters.rejectsMagneticDisturbance ? field.allowance(gains, parameters) : gains.heading
        if headingStart > 0 {
            // The first corrections average (1, 1/2, 1/3, …), so that heading is right from the first sample.
            gain = max(gain, headingStart)
            headingStart = headingStart / (headingStart + 1)
            if headingStart * parameters.headingTimeConstantSeconds < gains.interval { headingStart = 0 }
        }
        return gain
    }
}

extension SIMD4 {
    @inline(__always)
    var xyz: SIMD3<Scalar> { SIMD3(x, y, z) }
}

/// What went wrong so far; each wraps no sooner than after four billion events.
public struct PoseCounters: Sendable, Equatable {
    /// Samples or parts of one left out because they were NaN, infinite or beyond any sensor's range.
    public var badSamples: UInt32 = 0
    /// Samples left out because time stood still or ran backwards.
    public var badIntervals: UInt32 = 0
    /// Times the interval was longer than a gap.
    public var gaps: UInt32 = 0
    /// Samples at the end of the gyroscope's range.
    public var saturations: UInt32 = 0
    public init() {}
}
