/// Accelerometers with gyroscopes that there are drivers for.
public enum InertialChip: UInt8, Sendable, CaseIterable {
    case mpu6050, mpu6500, mpu9250, icm20948, lsm6dso, icm42688

    /// "MPU-6050".
    public var name: String { description.name }

    /// The chip of a configuration's "mpu6050" or "MPU-6050"; nil where there is no driver.
    public init?(named name: String) {
        for chip in Self.allCases where sameChipName(chip.name, name) {
            self = chip
            return
        }
        return nil
    }

    /// As configurations have it: "mpu6050".
    public var configurationName: String { chipConfigurationName(name) }
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

/// Chip names are the same whatever their case and hyphens.
func sameChipName(_ a: String, _ b: String) -> Bool { letters(a) == letters(b) }

func chipConfigurationName(_ name: String) -> String { String(decoding: letters(name), as: UTF8.self) }

private func letters(_ name: String) -> [UInt8] {
    var result: [UInt8] = []
    for byte in name.utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "_") && byte != UInt8(ascii: " ") {
        result.append(byte >= 65 && byte <= 90 ? byte + 32 : byte)
    }
    return result
}
