/// Watches the field's strength and dip, and so whether the magnetometer can be trusted for heading.
struct MagneticField: Sendable {
    private var smooth = LowPass<SIMD2<Float>>()
    private(set) var strength: Float = 0
    private(set) var dip: Float = 0
    private(set) var referenceStrength: Float = 0
    private(set) var referenceDip: Float = 0
    private var candidateStrength: Float = -1
    private var candidateDip: Float = 0
    private var candidateSeconds: Float = 0
    private var undisturbedSeconds: Float = 0
    private var rejectedSeconds: Float
    private(set) var isDisturbed = true

    init(_ p: PoseParameters) { rejectedSeconds = p.magneticRejectionSeconds }

    /// Takes a field vector in the earth frame (z up) and the angular rate, rad/s, and judges it.
    @inline(__always)
    mutating func judge(_ field: SIMD3<Float>, rate: Float, _ gains: IntervalGains, _ p: PoseParameters) {
        let horizontal = (field.x * field.x + field.y * field.y).squareRoot()
        let measured = SIMD2(squaredLength(field).squareRoot(), -FastMath.atan2(field.z, horizontal))
        let smoothed = p.magneticSmoothingSeconds > 0
            ? smooth.update(measured, gains.magneticSmoothing, interval: gains.interval, tau: p.magneticSmoothingSeconds)
            : measured
        strength = smoothed.x
        dip = smoothed.y
        let dipTolerance = p.magneticDipToleranceDegrees * FastMath.degree
        if abs(strength - referenceStrength) < p.magneticStrengthTolerance * referenceStrength
            && abs(dip - referenceDip) < dipTolerance {
            undisturbedSeconds += gains.interval
            if undisturbedSeconds >= p.magneticUndisturbedSeconds {
                isDisturbed = false
                referenceStrength += gains.magneticReference * (strength - referenceStrength)
                referenceDip += gains.magneticReference * (dip - referenceDip)
            }
        } else {
            undisturbedSeconds = 0
            isDisturbed = true
        }
        if abs(strength - candidateStrength) < p.magneticStrengthTolerance * candidateStrength
            && abs(dip - candidateDip) < dipTolerance {
            if rate >= p.magneticNewFieldMotionDegreesPerSecond * FastMath.degree { candidateSeconds += gains.interval }
            candidateStrength += gains.magneticReference * (strength - candidateStrength)
            candidateDip += gains.magneticReference * (dip - candidateDip)
            if isDisturbed && (candidateSeconds >= p.magneticNewFieldSeconds
                || (referenceStrength == 0 && candidateSeconds >= p.magneticFirstFieldSeconds)) {
                referenceStrength = candidateStrength
                referenceDip = candidateDip
                isDisturbed = false
                undisturbedSeconds = p.magneticUndisturbedSeconds
            }
        } else {
            candidateSeconds = 0
            candidateStrength = strength
            candidateDip = dip
        }
    }

    /// How far heading may follow the field now: the full gain, a part of it, or nothing.
    @inline(__always)
    mutating func allowance(_ gains: IntervalGains, _ p: PoseParameters) -> Float {
        guard isDisturbed else {
            rejectedSeconds = max(rejectedSeconds - p.magneticRejectionFactor * gains.interval, 0)
            return gains.heading
        }
        if rejectedSeconds <= p.magneticRejectionSeconds {
            rejectedSeconds += gains.interval
            return 0
        }
        return gains.heading / p.magneticRejectionFactor
    }
}
