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
