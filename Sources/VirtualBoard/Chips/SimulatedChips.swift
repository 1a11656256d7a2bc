import Sensors

// The chip behind each driver. The compiler asks for a row here when a driver is added.

extension InertialChip {
    /// Without faults, its interrupt pin not wired yet.
    public func simulated(motion: any Motion, options: ChipOptions = ChipOptions()) -> RegisterChip {
        switch self {
        case .mpu6050: MPUChip.mpu6050(motion: motion, options: options)
        case .mpu6500: MPUChip.mpu6500(motion: motion, options: options)
        case .mpu9250: MPUChip.mpu9250(motion: motion, options: options)
        case .icm20948: ICM20948Chip(motion: motion, options: options)
        case .lsm6dso: LSM6DSOChip(motion: motion, options: options)
        case .icm42688: ICM42688Chip(motion: motion, options: options)
        }
    }
}

extension MagnetometerChip {
    /// As a chip of its own.
    public func simulated(motion: any Motion, options: ChipOptions = ChipOptions()) -> RegisterChip {
        switch self {
        case .ak8963: AKMagnetometer.ak8963(motion: motion, options: options)
        case .ak09916: AKMagnetometer.ak09916(motion: motion, options: options)
        case .lis3mdl: LIS3MDLChip(motion: motion, options: options)
        case .qmc5883l: QMC5883LChip(motion: motion, options: options)
        }
    }
}

extension PowerMeterChip {
    /// - Parameters:
    ///   - loads: of its rails, channel 1 first; as many as the chip has channels.
    ///   - shuntOhms: the resistor at every channel.
    public func simulated(loads: [any ElectricalLoad], shuntOhms: Double, options: ChipOptions = ChipOptions()) -> MeterChip {
        switch self {
        case .ina219: INAChip.ina219(loads[0], shuntOhms: shuntOhms, options: options)
        case .ina226: INAChip.ina226(loads[0], shuntOhms: shuntOhms, options: options)
        case .ina3221: INAChip.ina3221(loads, shuntOhms: shuntOhms, options: options)
        case .pac1934: PAC1934Chip(loads, shuntOhms: shuntOhms, options: options)
        }
    }
}
