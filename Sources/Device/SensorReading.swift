import Pose
import Sensors

/// A sensor's newest sample with what the filter makes of it. Fixed size, no references.
public struct SensorReading: Sendable {
    public var sample = InertialSample(timestampNanoseconds: 0, acceleration: .zero, angularRate: .zero)
    /// Of the newest sample that had one, µT.
    public var magneticField = SIMD3<Float>(repeating: .nan)
    public var attitude = Attitude.identity
    /// rad/s
    public var rate = SIMD3<Float>()
    public var bias = SIMD3<Float>()
    public var biasDeviation: Float = 0
    /// Gravity removed, earth frame, m/s².
    public var linearAcceleration = SIMD3<Float>()
    public var isResting = false
    public var isDisturbed = false
    /// Heading comes from the magnetic field.
    public var is9D = false
    public var samples: UInt64 = 0
    public var filterCounters = PoseCounters()

    public init() {}
}

/// How a sensor is doing. Fixed size, no references.
public struct SensorHealth: Sendable {
    public var state = SensorState.starting
    public var counters = SensorCounters()
    /// Samples a second over about the last second.
    public var rateHertz: Float = 0
    /// RMS of the intervals' departure from their mean, microseconds.
    public var jitterMicroseconds: Float = 0
    /// Board time of the loop's last turn.
    public var heartbeatNanoseconds: Int64 = 0
    /// From a sample's own time until its attitude was readable, microseconds: mean and largest so far.
    public var latencyMicroseconds: Float = 0
    public var largestLatencyMicroseconds: Float = 0

    public init() {}
}
