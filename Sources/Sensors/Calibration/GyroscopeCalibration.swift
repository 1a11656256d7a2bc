/// The gyroscope's bias, from a few seconds of rest. Feed it every sample, uncorrected (`sensor.calibration` at its
/// default), until `bias` is there.
public struct GyroscopeCalibration {
    private var window = RestWindow(seconds: 3)
    /// rad/s; nil until the sensor has lain still for three seconds.
    public private(set) var bias: SIMD3<Float>?

    public init() {}

    /// 0 to 1; falls back to 0 when the sensor is moved.
    public var progress: Float { bias != nil ? 1 : Float(window.progress) }

    /// Feed it every sample, uncorrected; once there is a bias, more change nothing.
    public mutating func add(_ sample: InertialSample) {
        guard bias == nil, window.add(sample) else { return }
        bias = SIMD3<Float>(window.meanRate)
    }
}
