/// Corrections of a sensor in the device's axes; the default changes nothing.
public struct SensorCalibration: Sendable, Equatable {
    /// rad/s, subtracted.
    public var gyroscopeBias = SIMD3<Float>()
    /// m/s² and µT, subtracted first.
    public var accelerometerOffset = SIMD3<Float>(), magnetometerOffset = SIMD3<Float>()
    /// Columns of the matrices that come after.
    public var accelerometerMatrix = Matrix3.identity, magnetometerMatrix = Matrix3.identity

    public init() {}

    func apply(to sample: inout InertialSample) {
        sample.angularRate -= gyroscopeBias
        sample.acceleration = accelerometerMatrix.apply(sample.acceleration - accelerometerOffset)
        if sample.hasMagneticField {
            sample.magneticField = magnetometerMatrix.apply(sample.magneticField - magnetometerOffset)
        }
    }
}

/// Three by three, by columns.
public struct Matrix3: Sendable, Equatable {
    public var x: SIMD3<Float>, y: SIMD3<Float>, z: SIMD3<Float>

    public static let identity = Matrix3(x: SIMD3(1, 0, 0), y: SIMD3(0, 1, 0), z: SIMD3(0, 0, 1))

    public init(x: SIMD3<Float>, y: SIMD3<Float>, z: SIMD3<Float>) {
        self.x = x
        self.y = y
        self.z = z
    }

    func apply(_ vector: SIMD3<Float>) -> SIMD3<Float> { x * vector.x + y * vector.y + z * vector.z }
}
