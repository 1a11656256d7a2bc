/// How strongly heading follows the field, from what is known about both instead of one fixed time constant.
///
/// A scalar Kalman filter. Between samples heading grows uncertain by the gyroscope's leftover bias and, in proportion
/// to how fast the sensor turns, by its scale and alignment errors. A field reading is off by several degrees because
/// the field differs from place to place, and stays off for as long as the sensor stays about there: samples within
/// that time say little new. Hence slow turning is averaged for long and fast turning followed quickly, a strange field
/// weighs little however long it lasts, and after a disturbance or a gap heading catches up at the pace that its
/// uncertainty demands.
struct HeadingGain: Sendable {
    /// Variance of heading, rad².
    private(set) var variance: Float = 10

    private var settlingSeconds: Float = 0
    private var settledSamples: Float = 0

    init() {}

    /// The share of the difference between field and heading to correct now.
    @inline(__always)
    mutating func next(rate: Float, isDisturbed: Bool, interval: Float, _ p: PoseParameters) -> Float {
        let drift = p.headingDriftDegrees * FastMath.degree
        let scale = p.gyroscopeScaleError * rate
        variance = min(variance + (drift * drift + scale * scale) * interval, 10)
        let deviation = (isDisturbed ? p.disturbedFieldDegrees : p.fieldDegrees) * FastMath.degree
        // A reading repeated within its correlation time is worth that much less.
        let noise = deviation * deviation * max(p.fieldCorrelationSeconds, interval)
        let gain = variance * interval / (variance * interval + noise)
        if settlingSeconds < 1 {
            // The first second is averaged: single readings carry the magnetometer's own noise too.
            settlingSeconds += interval
            settledSamples += 1
            variance = deviation * deviation
            return 1 / settledSamples
        }
        variance -= gain * variance
        return gain
    }

    /// While inclination is being found again, heading read with it is no better than this.
    mutating func keepOpen() { variance = max(variance, 0.3) }

    /// Something unknown turned the sensor by about this much, rad.
    mutating func doubt(_ angle: Float) { variance = min(variance + angle * angle, 2.5) }
}
