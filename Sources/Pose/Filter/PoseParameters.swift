/// What the filter assumes about sensors and motion. The defaults fit consumer inertial sensors worn or held by hand;
/// most names and meanings follow Laidig and Seel, "VQF: Highly Accurate IMU Orientation Estimation with Bias Estimation
/// and Magnetic Disturbance Rejection", Information Fusion 91 (2022).
public struct PoseParameters: Sendable {
    /// Time constant of the acceleration low-pass in the almost-inertial frame, seconds.
    public var accelerationTimeConstantSeconds: Float = 3.5
    /// Time constant of the heading correction, seconds.
    public var headingTimeConstantSeconds: Float = 9

    public var estimatesBiasAtRest = true
    public var estimatesBiasInMotion = true
    public var rejectsMagneticDisturbance = true

    /// Standard deviation of the initial gyroscope bias, degrees per second.
    public var biasInitialDegreesPerSecond: Float = 0.5
    /// Time in which an unobserved bias's deviation grows from 0 to 0.1 °/s, seconds.
    public var biasForgettingSeconds: Float = 100
    /// Largest believable bias, degrees per second.
    public var biasLimitDegreesPerSecond: Float = 2
    /// Deviation to which the estimate in motion converges, degrees per second.
    public var biasMotionDegreesPerSecond: Float = 0.05
    /// Weight of the pseudo-measurement that keeps the vertical bias bounded in motion.
    public var biasVerticalForgettingFactor: Float = 0.0001
    /// Deviation to which the estimate at rest converges, degrees per second.
    public var biasRestDegreesPerSecond: Float = 0.03

    /// How long all deviations must be small before the sensor counts as resting, seconds.
    public var restSeconds: Float = 1.5
    /// Time constant of the low-pass that rest is judged against, seconds.
    public var restFilterSeconds: Float = 0.5
    /// Angular rate's largest deviation at rest, degrees per second.
    public var restGyroscopeDegreesPerSecond: Float = 2
    /// Acceleration's largest deviation at rest, m/s².
    public var restAcceleration: Float = 0.5

    /// Time constant of the low-pass on the field's strength and dip before they are judged, seconds.
    public var magneticSmoothingSeconds: Float = 0.05
    /// Time constant with which the reference field follows an undisturbed field, seconds.
    public var magneticReferenceSeconds: Float = 20
    /// Relative deviation of strength that counts as a disturbance.
    public var magneticStrengthTolerance: Float = 0.1
    /// Deviation of dip that counts as a disturbance, degrees.
    public var magneticDipToleranceDegrees: Float = 10
    /// How long, in motion, another homogeneous field must last to become the reference, seconds.
    public var magneticNewFieldSeconds: Float = 20
    /// The same for the very first field, seconds.
    public var magneticFirstFieldSeconds: Float = 5
    /// Angular rate above which time counts towards a new field, degrees per second.
    public var magneticNewFieldMotionDegreesPerSecond: Float = 20
    /// How long the field must be as expected before a disturbance has ended, seconds.
    public var magneticUndisturbedSeconds: Float = 0.5
    /// How long a disturbed field is ignored entirely, seconds.
    public var magneticRejectionSeconds: Float = 60
    /// By how much slower heading follows the field after that, and how fast the allowance comes back.
    public var magneticRejectionFactor: Float = 2

    /// Weighs heading against the field by their uncertainties (see `HeadingGain`), instead of by
    /// `headingTimeConstantSeconds` and a rejection time.
    public var adaptsHeadingGain = true
    /// Heading's uncertainty after a second of slow motion, degrees: what leftover bias does.
    public var headingDriftDegrees: Float = 0.1
    /// Leftover scale and alignment error of the gyroscope, as a share of the angle turned.
    public var gyroscopeScaleError: Float = 0.005
    /// Deviation of the field's direction from place to place, degrees, where it passes for undisturbed and where not.
    public var fieldDegrees: Float = 5
    public var disturbedFieldDegrees: Float = 20
    /// How long such a deviation lasts, seconds.
    public var fieldCorrelationSeconds: Float = 10

    /// Range of the gyroscope: at this rate on any axis it has saturated, degrees per second.
    public var gyroscopeRangeDegreesPerSecond: Float = 2000
    /// Intervals longer than this are gaps: what happened in them is unknown, seconds.
    public var gapSeconds: Float = 0.25

    public init() {}

    /// The published filter's own behaviour, for comparison. The defaults differ in three things. Heading's gain
    /// follows its uncertainty. A bias learnt at rest is kept more firmly in motion (0.05 instead of 0.1 °/s): a
    /// sensor's bias moves slower than body accelerations make it seem to. That steadier bias then lets acceleration be
    /// averaged a little longer (3.5 instead of 3 s).
    public static var published: PoseParameters {
        var parameters = PoseParameters()
        parameters.adaptsHeadingGain = false
        parameters.accelerationTimeConstantSeconds = 3
        parameters.biasMotionDegreesPerSecond = 0.1
        return parameters
    }
}
