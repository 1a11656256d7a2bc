/// What tells the MPU-6050, MPU-6500 and MPU-9250 apart, after their data sheets (PS-MPU-6000A, PS-MPU-6500A,
/// PS-MPU-9250A) and register maps (RM-MPU-6000A 4.2, RM-MPU-6500A 2.1, RM-MPU-9250A 1.6).
struct MPUModel: Sendable {
    var name: String
    var whoAmI: UInt8
    var fifoBytes: Int
    /// The 6500's generation: a second accelerometer filter, filters that can be passed by, other self-test codes.
    var isSecondGeneration: Bool
    var quality: InertialQuality
    /// From sleep or standby to valid samples.
    var gyroscopeStartNanoseconds: Int64
    var accelerometerStartNanoseconds: Int64
    /// Hz by DLPF_CFG.
    var gyroscopeBandwidths: [Double]
    /// Hz by DLPF_CFG (6050) or A_DLPF_CFG.
    var accelerometerBandwidths: [Double]
    var table: [Register]

    static let mpu6050 = MPUModel(
        name: "MPU-6050", whoAmI: 0x68, fifoBytes: 1024, isSecondGeneration: false,
        quality: InertialQuality(gyroscopeNoiseDensity: 0.005 * InertialQuality.degree,
                                 accelerometerNoiseDensity: 400 * InertialQuality.microgravity,
                                 gyroscopeBias: 2 * InertialQuality.degree, temperatureZero: 36.53, temperaturePerDegree: 340),
        gyroscopeStartNanoseconds: 30_000_000, accelerometerStartNanoseconds: 20_000_000,
        gyroscopeBandwidths: [256, 188, 98, 42, 20, 10, 5, 256],
        accelerometerBandwidths: [260, 184, 94, 44, 21, 10, 5, 260],
        table: MPURegister.common + MPURegister.first)

    static let mpu6500 = MPUModel(
        name: "MPU-6500", whoAmI: 0x70, fifoBytes: 512, isSecondGeneration: true, quality: secondQuality,
        gyroscopeStartNanoseconds: 35_000_000, accelerometerStartNanoseconds: 20_000_000,
        gyroscopeBandwidths: [250, 184, 92, 41, 20, 10, 5, 3600],
        accelerometerBandwidths: [460, 184, 92, 41, 20, 10, 5, 460],
        table: MPURegister.common + MPURegister.second)

    static let mpu9250 = MPUModel(
        name: "MPU-9250", whoAmI: 0x71, fifoBytes: 512, isSecondGeneration: true, quality: secondQuality,
        gyroscopeStartNanoseconds: 35_000_000, accelerometerStartNanoseconds: 20_000_000,
        gyroscopeBandwidths: [250, 184, 92, 41, 20, 10, 5, 3600],
        accelerometerBandwidths: [218.1, 218.1, 99, 44.8, 21.2, 10.2, 5.05, 420],
        table: MPURegister.common + MPURegister.second)

    private static let secondQuality = InertialQuality(
        gyroscopeNoiseDensity: 0.01 * InertialQuality.degree, accelerometerNoiseDensity: 300 * InertialQuality.microgravity,
        gyroscopeBias: 1 * InertialQuality.degree, temperatureZero: 21, temperaturePerDegree: 333.87)
}

/// Addresses and the tables of reset values and writable bits.
enum MPURegister {
    static let sampleRateDivider = 0x19, config = 0x1A, gyroscopeConfig = 0x1B, accelerometerConfig = 0x1C, accelerometerConfig2 = 0x1D
    static let fifoEnable = 0x23, masterControl = 0x24, slave0 = 0x25, slave4Address = 0x31, slave4Control = 0x34
    static let masterStatus = 0x36, pinConfig = 0x37, interruptEnable = 0x38, interruptStatus = 0x3A
    static let acceleration = 0x3B, temperature = 0x41, angularRate = 0x43, external = 0x49, externalEnd = 0x60, slaveOutput = 0x63
    static let masterDelay = 0x67, signalReset = 0x68, userControl = 0x6A, power1 = 0x6B, power2 = 0x6C
    static let fifoCountHigh = 0x72, fifoCountLow = 0x73, fifoData = 0x74, whoAmI = 0x75
    static let accelerometerOffset = 0x77

    static let common: [Register] = [
        Register(0x19, 0, writable: 0xFF), Register(0x1A, 0, writable: 0x3F), Register(0x1B, 0, writable: 0xF8),
        Register(0x1C, 0, writable: 0xF8), Register(0x1F, 0, writable: 0xFF), Register(0x23, 0, writable: 0xFF),
        Register(0x24, 0, writable: 0xFF),
    ] + Register.block(0x25...0x33, writable: 0xFF) + [
        Register(0x34, 0, writable: 0xFF), Register(0x35, 0), Register(0x36, 0), Register(0x37, 0, writable: 0xFE),
        Register(0x38, 0, writable: 0x59), Register(0x3A, 0),
    ] + Register.block(0x3B...0x60) + Register.block(0x63...0x66, writable: 0xFF) + [
        Register(0x67, 0, writable: 0x9F), Register(0x68, 0), Register(0x69, 0, writable: 0xFF),
        Register(0x6A, 0, writable: 0xF0), Register(0x6C, 0, writable: 0xFF), Register(0x72, 0), Register(0x73, 0),
        Register(0x74, 0), Register(0x75, 0),
    ]

    /// Self-test trims in 0x0D to 0x10: five bits an axis, read-only, burnt in the factory.
    static let first: [Register] = Register.block(0x06...0x0C, writable: 0xFF)
        + Register.block(0x0D...0x10) + Register.block(0x13...0x18, writable: 0xFF) + [
            Register(0x1D, 0, writable: 0xFF), Register(0x1E, 0, writable: 0xFF), Register(0x20, 0, writable: 0xFF),
            Register(0x6B, 0x40, writable: 0xEF),
        ]

    static let second: [Register] = Register.block(0x00...0x02) + Register.block(0x0D...0x0F)
        + Register.block(0x13...0x18, writable: 0xFF) + [
            Register(0x1A, 0, writable: 0x7F), Register(0x1B, 0, writable: 0xFB), Register(0x1D, 0, writable: 0x0F),
            Register(0x1E, 0, writable: 0x0F), Register(0x6B, 0x01, writable: 0xFF),
        ] + [0x77, 0x78, 0x7A, 0x7B, 0x7D, 0x7E].map { Register($0, 0, writable: 0xFF) }
}
