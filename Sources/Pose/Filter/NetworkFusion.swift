import Platform

/// Attitude of filter and network together: the vertical, as the sensor sees it, is the normalised mean of both, the
/// network's with a weight of 0.2. Heading and bias stay the filter's.
///
/// The errors of the two have different causes (the filter's come from accelerations that don't average out, the
/// network's from what it was trained on) and partly cancel. Inclination error of our filter (9D) with RIANN on four
/// trials of BROAD, RMS in motion, degrees, by the network's weight:
///
///     trial                        0      0.1    0.2    0.3    0.5
///     02 slow rotation             0.396  0.384  0.382  0.389  0.429
///     16 fast translation          0.495  0.480  0.493  0.531  0.663
///     29 stationary magnet         0.990  0.919  0.910  0.964  1.219
///     33 attached magnet           0.570  0.527  0.490  0.461  0.431
///
/// The weight was chosen on these four trials; between 0.1 and 0.3 it hardly matters.
public struct NetworkFusion {
    public static let weight: Float = 0.2
    /// A network that has just started turns its state to the true vertical first: on restarts within the four trials it
    /// is 1...3 degrees off after 1.5 s, and as good as ever from 4 s on.
    public static let settlingSeconds: ClosedRange<Float> = 2...5
    /// After so long without samples the network's state describes nothing any more.
    public static let gapSeconds: Float = 1
    /// RIANN answers well from 48 Hz on and is lost at 32 Hz (4 degrees on the trials above, averaged down): with longer
    /// intervals than this on average it isn't heard.
    public static let greatestIntervalSeconds: Float = 0.022
    /// Faster samples are averaged up to this. RIANN is lost at 1143 Hz (25 degrees on trial 02, interpolated) and has
    /// more than twice its error at 571 Hz.
    public static let leastIntervalSeconds: Float = 0.003

    private let network: any AttitudeNetwork
    /// Turns the filter's vertical to the fused one, earth frame; holds until the network speaks again.
    private var correction = Attitude.identity
    private var settledSeconds: Float = 0
    /// Since the network's newest sample, seconds, and the samples in it that were good.
    private var pendingSeconds: Float = 0
    private var goodSeconds: Float = 0
    private var turn = SIMD3<Float>()
    private var push = SIMD3<Float>()
    private var usualSeconds: Float = 0

    public init(_ network: any AttitudeNetwork) { self.network = network }

    /// The attitude after this sample.
    /// - Parameter filter: the filter's attitude after it, of six or nine degrees of freedom.
    /// - Throws: what the network's engine throws.
    public mutating func update(_ sample: PoseSample, filter: Attitude) throws(Failure) -> Attitude {
        if sample.interval > 0, sample.interval.isFinite { try take(sample, filter) }
        return (correction * filter).normalised
    }

    private mutating func take(_ sample: PoseSample, _ filter: Attitude) throws(Failure) {
        pendingSeconds = min(pendingSeconds + sample.interval, 3600)
        guard isPlausible(sample.gyroscope, 200), isPlausible(sample.accelerometer, 10_000), sample.accelerometer != SIMD3() else { return }
        if pendingSeconds > Self.gapSeconds {
            restart()
            pendingSeconds = usualSeconds > 0 ? usualSeconds : Self.greatestIntervalSeconds
        }
        turn += sample.gyroscope * sample.interval
        push += sample.accelerometer * sample.interval
        goodSeconds += sample.interval
        guard pendingSeconds >= Self.leastIntervalSeconds else { return }
        let interval = pendingSeconds, share = 1 / goodSeconds
        let estimate = try network.attitude(gyroscope: turn * share, accelerometer: push * share, interval: interval)
        forgetPending()
        usualSeconds += (usualSeconds > 0 ? 0.05 : 1) * (interval - usualSeconds)
        settledSeconds = usualSeconds > Self.greatestIntervalSeconds ? 0 : min(settledSeconds + interval, 3600)
        let settling = Self.settlingSeconds
        let trust = min(max((settledSeconds - settling.lowerBound) / (settling.upperBound - settling.lowerBound), 0), 1)
        guard let correction = Self.correction(filter: filter, network: estimate, weight: Self.weight * trust) else {
            // Nothing that is no rotation comes out of a sound state.
            return restart()
        }
        self.correction = correction
    }

    private mutating func restart() {
        network.restart()
        correction = .identity
        settledSeconds = 0
        forgetPending()
    }

    private mutating func forgetPending() {
        (pendingSeconds, goodSeconds) = (0, 0)
        (turn, push) = (SIMD3(), SIMD3())
    }

    private func isPlausible(_ v: SIMD3<Float>, _ limit: Float) -> Bool { abs(v.x) < limit && abs(v.y) < limit && abs(v.z) < limit }

    /// The shortest rotation, in the earth frame, that moves the filter's vertical to the normalised mean of both: its
    /// axis is horizontal, so heading stays. Nil where the network's answer is no rotation.
    /// - Parameter weight: the network's, 0...0.5.
    public static func correction(filter: Attitude, network: Attitude, weight: Float) -> Attitude? {
        // NaN fails every comparison.
        guard abs(network.squaredNorm - 1) < 0.01, weight >= 0, weight <= 0.5 else { return nil }
        let ours = filter.rows.2, its = network.rows.2
        let mean = ours + (its - ours) * weight
        let square = mean.x * mean.x + mean.y * mean.y + mean.z * mean.z
        guard square > 1e-6 else { return .identity }
        let up = filter.rotate(mean * (1 / square.squareRoot()))
        // Half-angle formulas; with a weight up to one half the two are less than a right angle apart.
        let w = (max(up.z + 1, 0) * 0.5).squareRoot()
        guard w > 0.5 else { return .identity }
        return Attitude(w, up.y * (0.5 / w), -up.x * (0.5 / w), 0)
    }
}
