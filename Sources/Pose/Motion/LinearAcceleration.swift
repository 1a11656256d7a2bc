/// Acceleration of the sensor itself, gravity removed.
///
/// How strong gravity reads depends on place and on the accelerometer's scale (±0.5 % of 9.8 m/s² each), so its
/// strength is learnt at rest rather than assumed.
public struct LinearAcceleration: Sendable {
    /// Gravity as this accelerometer measures it, m/s².
    public private(set) var gravity: Float = 9.80665

    public init() {}

    /// The newest sample's linear acceleration in the earth frame of `attitude6D`, m/s².
    public mutating func update(_ filter: PoseFilter, interval: Float) -> SIMD3<Float> {
        let force = filter.specificForce
        if filter.isResting {
            let strength = squaredLength(force).squareRoot()
            // Anything else is a broken sensor, not gravity.
            if abs(strength - 9.80665) < 0.5 { gravity += FastMath.gain(interval) * (strength - gravity) }
        }
        var earth = filter.attitude6D.rotate(force)
        earth.z -= gravity
        return earth
    }
}
