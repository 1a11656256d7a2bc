/// Attitude of a whole recording, each sample judged by what came before and after it. For logs, not for live use: it
/// needs about 150 bytes a sample.
///
/// The filter runs forwards and, with time and rates reversed, backwards; the two bias estimates are averaged by their
/// certainty. The rates are then integrated once more without that bias, gravity is low-passed in both directions (no
/// delay), and heading is smoothed by a forward and a backward Kalman filter over the same model as live.
public struct PoseSmoother {
    public private(set) var attitudes: [Attitude] = []
    /// Gyroscope bias of each sample, rad/s.
    public private(set) var biases: [SIMD3<Float>] = []
    public private(set) var isResting: [Bool] = []
    public private(set) var isDisturbed: [Bool] = []
    private let parameters: PoseParameters

    /// - Parameter useMagnetometer: false gives an attitude relative to the start's heading.
    public init(_ samples: [PoseSample], parameters: PoseParameters = PoseParameters(), useMagnetometer: Bool) {
        self.parameters = parameters
        var good = samples.map { Self.repaired($0) }
        estimateBias(good)
        Self.shortenPauses(&good)
        var turning = integrate(good)
        level(&turning, good)
        if useMagnetometer { orient(&turning, good) }
        attitudes = turning
    }

    /// Parts that are not numbers become zeros, which the filter leaves out (acceleration, field) or stands still by.
    private static func repaired(_ sample: PoseSample) -> PoseSample {
        func clean(_ v: SIMD3<Float>, _ limit: Float) -> SIMD3<Float> {
            max(abs(v.x), abs(v.y), abs(v.z)) < limit && v.x == v.x && v.y == v.y && v.z == v.z ? v : SIMD3()
        }
        return PoseSample(gyroscope: clean(sample.gyroscope, 200), accelerometer: clean(sample.accelerometer, 10_000),
                          magnetometer: sample.magnetometer.map { clean($0, 100_000) },
                          interval: sample.interval.isFinite ? min(max(sample.interval, 0), 3600) : 0)
    }

    /// The intervals over which rates are integrated: as live, not over pauses.
    private static func shortenPauses(_ samples: inout [PoseSample]) {
        var usual: Float = 0
        for index in samples.indices where samples[index].interval > 0 {
            usual = PoseFilter.integrated(samples[index].interval, after: usual)
            samples[index].interval = usual
        }
    }

    private mutating func estimateBias(_ samples: [PoseSample]) {
        var forward = PoseFilter(parameters)
        var precision = [Float](repeating: 0, count: samples.count)
        for (index, sample) in samples.enumerated() {
            forward.update(sample)
            let deviation = max(forward.biasDeviation, 1e-7)
            precision[index] = 1 / (deviation * deviation)
            biases.append(forward.bias)
            isResting.append(forward.isResting)
            isDisturbed.append(forward.isMagneticallyDisturbed)
        }
        var backward = PoseFilter(parameters)
        for index in samples.indices.reversed() {
            var sample = samples[index]
            sample.gyroscope = -sample.gyroscope
            // The interval of a sample is the one before it; backwards it is the next one's.
            if index + 1 < samples.count { sample.interval = samples[index + 1].interval }
            backward.update(sample)
            let deviation = max(backward.biasDeviation, 1e-7)
            let weight = 1 / (deviation * deviation)
            biases[index] = (biases[index] * precision[index] - backward.bias * weight) / (precision[index] + weight)
            isResting[index] = isResting[index] || backward.isResting
            // Each direction mistrusts the field until it has seen enough of it: one that trusts it is enough.
            isDisturbed[index] = isDisturbed[index] && backward.isMagneticallyDisturbed
        }
    }

    private func integrate(_ samples: [PoseSample]) -> [Attitude] {
        var turn = Quaternion<Double>.identity
        var result: [Attitude] = []
        result.reserveCapacity(samples.count)
        for (index, sample) in samples.enumerated() {
            let rate = sample.gyroscope - biases[index]
            let half = SIMD3<Double>(Double(rate.x), Double(rate.y), Double(rate.z)) * (0.5 * Double(sample.interval))
            turn = (turn * PoseFilter.rotation(half)).renormalised
            result.append(turn.single)
        }
        return result
    }

    private func level(_ turning: inout [Attitude], _ samples: [PoseSample]) {
        // Two passes smooth more than one: a little less memory does.
        let tau = parameters.accelerationTimeConstantSeconds * 0.85
        var gravity = [SIMD3<Double>](repeating: SIMD3(), count: samples.count)
        var filter = LowPass<SIMD3<Double>>()
        for pass in 0..<2 {
            var last = SIMD3<Double>(0, 0, 9.8)
            filter.restart()
            for step in samples.indices {
                let index = pass == 0 ? step : samples.count - 1 - step
                let interval = max(samples[index].interval, 1e-5)
                var input = gravity[index]
                if pass == 0 {
                    let force = turning[index].rotate(samples[index].accelerometer)
                    input = samples[index].accelerometer == SIMD3() ? last : SIMD3(Double(force.x), Double(force.y), Double(force.z))
                }
                last = filter.update(input, LowPassGains(interval: interval, tau: tau), interval: interval, tau: tau)
                gravity[index] = last
            }
        }
        for index in turning.indices {
            let square = squaredLength(gravity[index])
            guard square > 1e-6 else { continue }
            let up = gravity[index] / square.squareRoot()
            let w = ((up.z + 1) * 0.5).squareRoot()
            guard w > 1e-3 else { continue }
            let correction = Attitude(Float(w), Float(up.y * 0.5 / w), Float(-up.x * 0.5 / w), 0)
            turning[index] = (correction * turning[index]).normalised
        }
    }

    private func orient(_ turning: inout [Attitude], _ samples: [PoseSample]) {
        var forward = HeadingTrack(), forwardVariances = [Float](), forwardHeadings = [Float]()
        forwardVariances.reserveCapacity(samples.count)
        forwardHeadings.reserveCapacity(samples.count)
        for index in samples.indices {
            forward.step(samples[index], rate: samples[index].gyroscope - biases[index], turning[index], isDisturbed[index], parameters)
            forwardHeadings.append(forward.heading)
            forwardVariances.append(forward.variance)
        }
        var backward = HeadingTrack()
        for index in samples.indices.reversed() {
            // The prediction from the future, without this sample, which the forward estimate already holds.
            let share = forwardVariances[index] / (forwardVariances[index] + backward.variance)
            let heading = forwardHeadings[index] + share * FastMath.wrapped(backward.heading - forwardHeadings[index])
            backward.step(samples[index], rate: samples[index].gyroscope - biases[index], turning[index], isDisturbed[index], parameters)
            let half = FastMath.sineCosine(FastMath.wrapped(heading) * 0.5)
            turning[index] = turning[index].turned(cosine: half.cosine, sine: half.sine)
        }
    }
}

/// One direction's heading and its variance.
private struct HeadingTrack {
    var heading: Float = 0
    var variance: Float = 10

    mutating func step(_ sample: PoseSample, rate: SIMD3<Float>, _ attitude: Attitude, _ isDisturbed: Bool, _ p: PoseParameters) {
        let drift = p.headingDriftDegrees * FastMath.degree
        variance = min(variance + (drift * drift + p.gyroscopeScaleError * p.gyroscopeScaleError * squaredLength(rate)) * sample.interval,
                       10)
        guard let field = sample.magnetometer, field != SIMD3(), sample.interval > 0 else { return }
        let earth = attitude.rotate(field)
        let error = FastMath.wrapped(FastMath.atan2(earth.x, earth.y) - heading)
        let deviation = (isDisturbed ? p.disturbedFieldDegrees : p.fieldDegrees) * FastMath.degree
        let noise = deviation * deviation * p.fieldCorrelationSeconds / sample.interval
        let gain = variance / (variance + noise)
        heading = FastMath.wrapped(heading + gain * error)
        variance -= gain * variance
    }
}
