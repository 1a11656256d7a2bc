/// Accelerometers with gyroscopes that there are drivers for.
public enum InertialChip: UInt8, Sendable, NamedChip {
    case mpu6050, mpu6500, mpu9250, icm20948, lsm6dso, icm42688

    /// "MPU-6050".
    public var name: String { description.name }

    /// Seven bits; which of them, a pin says.
    public var addresses: [UInt8] { description.addresses }
    /// The magnetometer in its package.
    public var packagedMagnetometer: MagnetometerChip? { description.packagedMagnetometer }

    var description: InertialChipDescription {
        switch self {
        case .mpu6050: .mpu6050
        case .mpu6500: .mpu6500
        case .mpu9250: .mpu9250
        case .icm20948: .icm20948
        case .lsm6dso: .lsm6dso
        case .icm42688: .icm42688
        }
    }
}
