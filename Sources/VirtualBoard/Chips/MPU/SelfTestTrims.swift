import CLinux

/// Self-test codes burnt in the factory, and how the part answers now: within a few per cent of them.
struct SelfTestTrims {
    var gyroscopeCodes = SIMD3<UInt8>()
    var accelerometerCodes = SIMD3<UInt8>()
    private var gyroscopeFactor = SIMD3<Double>()
    private var accelerometerFactor = SIMD3<Double>()
    private var isSecondGeneration = false

    init() {}

    init(random: inout ChipRandom, isSecondGeneration: Bool) {
        self.isSecondGeneration = isSecondGeneration
        for axis in 0..<3 {
            // First generation: five bits, codes well inside 1…31. Second: eight bits around typical parts.
            gyroscopeCodes[axis] = isSecondGeneration ? UInt8(200 + random.uniform() * 30) : UInt8(8 + random.uniform() * 16)
            accelerometerCodes[axis] = isSecondGeneration ? UInt8(110 + random.uniform() * 30) : UInt8(8 + random.uniform() * 16)
            gyroscopeFactor[axis] = 1 + (random.uniform() - 0.5) * 0.06
            accelerometerFactor[axis] = 1 + (random.uniform() - 0.5) * 0.06
        }
    }

    /// The change of output in LSB, by the formulas of the register maps.
    /// - Parameters:
    ///   - axes: bit 2 for x, bit 1 for y, bit 0 for z, as in the configuration registers' upper bits.
    ///   - range: FS_SEL, where the first generation's formula holds at ±250 °/s.
    func gyroscopeResponse(_ axes: UInt8, range: Int) -> SIMD3<Double> {
        var result = SIMD3<Double>()
        for axis in 0..<3 where axes & (4 >> UInt8(axis)) != 0 {
            let code = Double(gyroscopeCodes[axis]) - 1
            if isSecondGeneration {
                result[axis] = 2620 / Double(1 << range) * pow(1.01, code)
            } else {
                result[axis] = (axis == 1 ? -25 : 25) * 131 / Double(1 << range) * pow(1.046, code)
            }
        }
        return result * gyroscopeFactor
    }

    /// First generation: the formula holds at ±8 g (4096 LSB/g).
    func accelerometerResponse(_ axes: UInt8, range: Int) -> SIMD3<Double> {
        var result = SIMD3<Double>()
        for axis in 0..<3 where axes & (4 >> UInt8(axis)) != 0 {
            let code = Double(accelerometerCodes[axis]) - 1
            if isSecondGeneration {
                result[axis] = 2620 / Double(1 << range) * pow(1.01, code)
            } else {
                result[axis] = 16_384 / Double(1 << range) * 0.34 * pow(0.92 / 0.34, code / 30)
            }
        }
        return result * accelerometerFactor
    }
}
