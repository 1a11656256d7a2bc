// InvenSense MPU-6000/MPU-6050 Register Map and Descriptions, revision 4.2; MPU-6500 and MPU-9250 Register Map and
// Descriptions, revisions 2.1 and 1.6: one family, whose later members filter the accelerometer apart.

/// Addresses, from the data sheet.
private enum MPURegister {
    static let gyroscopeTrims: UInt8 = 0x00, selfTest: UInt8 = 0x0D, rateDivider: UInt8 = 0x19, configuration: UInt8 = 0x1A
    static let gyroscopeConfiguration: UInt8 = 0x1B, accelerometerConfiguration: UInt8 = 0x1C
    static let accelerometerConfiguration2: UInt8 = 0x1D, fifoEnable: UInt8 = 0x23, pinConfiguration: UInt8 = 0x37
    static let interruptEnable: UInt8 = 0x38, acceleration: UInt8 = 0x3B, temperature: UInt8 = 0x41, angularRate: UInt8 = 0x43
    static let userControl: UInt8 = 0x6A, power1: UInt8 = 0x6B, power2: UInt8 = 0x6C, fifoCount: UInt8 = 0x72
    static let fifoData: UInt8 = 0x74, whoAmI: UInt8 = 0x75
}

private typealias R = MPURegister

extension InertialChipDescription {
    static var mpu6050: InertialChipDescription {
        InertialChipDescription(
            name: "MPU-6050", identityRegister: R.whoAmI, identities: [0x68],
            reset: RegisterWrite(R.power1, 0x80), resetMicroseconds: 100_000, startMicroseconds: 35_000,
            accelerationRanges: mpuAccelerationRanges, angularRanges: mpuAngularRanges,
            rates: .divided(base: 1000, maximum: 255),
            angularBandwidths: Bandwidth.table([(5, 6), (10, 5), (20, 4), (42, 3), (98, 2), (188, 1)]),
            settings: mpuSettings(accelerometerFilter: []),
            fifo: mpuFIFO(capacity: 1024), flush: mpuFlush,
            temperature: Temperature(register: R.temperature, isBigEndian: true, scale: 1 / 340, offset: 36.53),
            raisesAtWatermark: false,
            selfTest: mpuSelfTest(stimulusMicroseconds: 50_000, accelerationRange: 0x10, accelerationCounts: 4096, FactoryTrim(
                code: .fiveBits(first: R.selfTest), accelerationRatio: 0.86...1.14, angularRatio: 0.86...1.14)))
    }

    static var mpu6500: InertialChipDescription { mpu6500Family(name: "MPU-6500", identities: [0x70]) }

    /// With the AK8963 in its package; 0x73 is the MPU-9255.
    static var mpu9250: InertialChipDescription { mpu6500Family(name: "MPU-9250", identities: [0x71, 0x73], packagedMagnetometer: .ak8963) }

    private static func mpu6500Family(name: String, identities: [UInt8],
                                      packagedMagnetometer: MagnetometerChip? = nil) -> InertialChipDescription {
        InertialChipDescription(
            name: name, packagedMagnetometer: packagedMagnetometer, identityRegister: R.whoAmI, identities: identities,
            reset: RegisterWrite(R.power1, 0x80), resetMicroseconds: 100_000, startMicroseconds: 35_000,
            accelerationRanges: mpuAccelerationRanges, angularRanges: mpuAngularRanges,
            rates: .divided(base: 1000, maximum: 255),
            accelerationBandwidths: Bandwidth.table([(5, 6), (10, 5), (21, 4), (45, 3), (99, 2), (218, 1)]),
            angularBandwidths: Bandwidth.table([(5, 6), (10, 5), (20, 4), (41, 3), (92, 2), (184, 1)]),
            settings: mpuSettings(accelerometerFilter: [
                RegisterSetting(register: R.accelerometerConfiguration2, fields: [(.accelerationBandwidth, 0)], check: 0x0F),
            ]),
            fifo: mpuFIFO(capacity: 512), flush: mpuFlush,
            temperature: Temperature(register: R.temperature, isBigEndian: true, scale: 1 / 333.87, offset: 21),
            raisesAtWatermark: false,
            selfTest: mpuSelfTest(stimulusMicroseconds: 20_000, accelerationRange: 0, accelerationCounts: 16384, FactoryTrim(
                code: .bytes(acceleration: R.selfTest, accelerationBank: 0, angularRate: R.gyroscopeTrims, angularBank: 0),
                accelerationRatio: 0.5...1.5, angularRatio: 0.5...4)))
    }

    private static var mpuAccelerationRanges: [Range] { Range.table([(2, 0, 16384), (4, 1, 8192), (8, 2, 4096), (16, 3, 2048)]) }
    private static var mpuAngularRanges: [Range] { Range.table([(250, 0, 131), (500, 1, 65.5), (1000, 2, 32.8), (2000, 3, 16.4)]) }

    private static func mpuSettings(accelerometerFilter: [RegisterSetting]) -> [RegisterSetting] {
        [
            // Awake, on the gyroscope's clock, which is steadier than the internal one.
            RegisterSetting(register: R.power1, value: 0x01, check: 0x7F),
            RegisterSetting(register: R.power2),
            RegisterSetting(register: R.configuration, fields: [(.angularBandwidth, 0)], check: 0x07),
            RegisterSetting(register: R.rateDivider, fields: [(.rate, 0)]),
            RegisterSetting(register: R.gyroscopeConfiguration, fields: [(.angularRange, 3)], check: 0x1B),
            RegisterSetting(register: R.accelerometerConfiguration, fields: [(.accelerationRange, 3)], check: 0x18),
        ] + accelerometerFilter + [
            RegisterSetting(register: R.pinConfiguration, fields: [(.activeLow, 7), (.bypass, 1)], check: 0xFA),
            // Temperature, gyroscope and accelerometer into the FIFO: frames of 14 bytes.
            RegisterSetting(register: R.fifoEnable, value: 0xF8),
            RegisterSetting(register: R.interruptEnable, fields: [(.interrupt, 0)]),
            RegisterSetting(register: R.userControl, value: 0x40, check: 0x70),
        ]
    }

    private static func mpuFIFO(capacity: Int) -> FIFO {
        FIFO(countRegister: R.fifoCount, countIsBigEndian: true, countMask: 0x1FFF, bytesPerCount: 1, dataRegister: R.fifoData,
             bytesPerSample: 14, capacityBytes: capacity, format: .plain(acceleration: 0, temperature: 6, angularRate: 8))
    }

    private static var mpuFlush: [RegisterWrite] { [RegisterWrite(R.userControl, 0x04), RegisterWrite(R.userControl, 0x40)] }

    private static func mpuSelfTest(stimulusMicroseconds: Int64, accelerationRange: UInt8, accelerationCounts: Float,
                                    _ trim: FactoryTrim) -> ChipSelfTest {
        ChipSelfTest(prepare: [RegisterWrite(R.gyroscopeConfiguration, 0x00),
                               RegisterWrite(R.accelerometerConfiguration, accelerationRange),
                               RegisterWrite(R.configuration, 0x02)],
                 stimulate: [RegisterWrite(R.gyroscopeConfiguration, 0xE0),
                                 RegisterWrite(R.accelerometerConfiguration, 0xE0 | accelerationRange)],
                 settleMicroseconds: stimulusMicroseconds, accelerationCounts: accelerationCounts, angularCounts: 131,
                 accelerationRegister: R.acceleration, angularRegister: R.angularRate, isBigEndian: true, bounds: .factory(trim))
    }
}
