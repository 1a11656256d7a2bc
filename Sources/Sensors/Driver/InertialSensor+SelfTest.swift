import Board

/// Where a self-test stands.
struct SelfTestProgress {
    enum Phase { case prepare, before, stimulate, during, judge }
    var phase = Phase.prepare
    var count = 0
    var sum = Means(), before = Means()

    /// Sums, then means, of raw counts.
    struct Means {
        var acceleration = SIMD3<Float>(), angularRate = SIMD3<Float>()
    }
}

// Sensors at rest, then under the chip's own stimulus; the change is judged, and the chip reset.
extension InertialSensor {
    private static let readings = 32

    func testStep(_ now: Int64) throws(I2CError) -> Int64 {
        guard now >= wakeTime else { return wakeTime }
        let test = description.selfTest
        switch selfTest.phase {
        case .prepare:
            for write in test.prepare { try port.write(write.register, write.value, bank: write.bank) }
            next(.before)
            wakeTime = now + 60_000_000
        case .before, .during:
            try addReading(test)
            selfTest.count += 1
            wakeTime = now + max(2_000_000, Int64(clock.periodNanoseconds))
            guard selfTest.count == Self.readings else { break }
            selfTest.sum.acceleration /= Float(Self.readings)
            selfTest.sum.angularRate /= Float(Self.readings)
            if selfTest.phase == .before { selfTest.before = selfTest.sum }
            next(selfTest.phase == .before ? .stimulate : .judge)
        case .stimulate:
            for write in test.stimulate { try port.write(write.register, write.value, bank: write.bank) }
            selfTest.sum = SelfTestProgress.Means()
            next(.during)
            wakeTime = now + test.settleMicroseconds * 1000
        case .judge:
            let change = SelfTestProgress.Means(acceleration: selfTest.sum.acceleration - selfTest.before.acceleration,
                                                angularRate: selfTest.sum.angularRate - selfTest.before.angularRate)
            finishSelfTest(try judge(change, test), change)
            return now
        }
        return wakeTime
    }

    private func next(_ phase: SelfTestProgress.Phase) {
        selfTest.phase = phase
        selfTest.count = 0
    }

    private func addReading(_ test: ChipSelfTest) throws(I2CError) {
        selfTest.sum.acceleration += try triple(test.accelerationRegister, test.isBigEndian)
        selfTest.sum.angularRate += try triple(test.angularRegister, test.isBigEndian)
    }

    private func triple(_ register: UInt8, _ isBigEndian: Bool) throws(I2CError) -> SIMD3<Float> {
        let bytes = try port.read(register, count: 6)
        var result = SIMD3<Float>()
        for axis in 0..<3 {
            let high = Int(bytes[2 * axis + (isBigEndian ? 0 : 1)]), low = Int(bytes[2 * axis + (isBigEndian ? 1 : 0)])
            result[axis] = Float(Int16(truncatingIfNeeded: high << 8 | low))
        }
        return result
    }

    private func judge(_ change: SelfTestProgress.Means, _ test: ChipSelfTest) throws(I2CError) -> SelfTestResult.Verdict {
        // In g and in degrees a second.
        let acceleration = change.acceleration / test.accelerationCounts, rate = change.angularRate / test.angularCounts
        var accelerometerHolds = true, gyroscopeHolds = true
        switch test.bounds {
        case .absolute(let accelerationBounds, let rateBounds):
            for axis in 0..<3 {
                if !accelerationBounds.contains(acceleration[axis].magnitude) { accelerometerHolds = false }
                if !rateBounds.contains(rate[axis].magnitude) { gyroscopeHolds = false }
            }
        case .factory(let trim):
            let (accelerationTrim, rateTrim) = try factoryResponses(trim.code)
            for axis in 0..<3 {
                // Without a code the data sheets give plain bounds.
                accelerometerHolds = accelerometerHolds && (accelerationTrim[axis] == 0
                    ? (0.05...1.2).contains(acceleration[axis].magnitude)
                    : trim.accelerationRatio.contains(change.acceleration[axis].magnitude / accelerationTrim[axis]))
                gyroscopeHolds = gyroscopeHolds && (rateTrim[axis] == 0
                    ? rate[axis].magnitude >= 60
                    : trim.angularRatio.contains(change.angularRate[axis].magnitude / rateTrim[axis]))
            }
        }
        return accelerometerHolds ? (gyroscopeHolds ? .passed : .gyroscopeFailed) : (gyroscopeHolds ? .accelerometerFailed : .bothFailed)
    }

    /// Counts that the factory measured, accelerometer and gyroscope; 0 for axes without a code.
    private func factoryResponses(_ code: FactoryTrim.Code) throws(I2CError) -> (SIMD3<Float>, SIMD3<Float>) {
        var acceleration = SIMD3<Float>(), rate = SIMD3<Float>()
        switch code {
        case .fiveBits(let first):
            let bytes = try port.read(first, count: 4)
            for axis in 0..<3 {
                let accelerationCode = Int(bytes[axis] >> 5) << 2 | Int(bytes[3] >> UInt8(4 - 2 * axis) & 3)
                let rateCode = Int(bytes[axis] & 0x1F)
                // 4096 × 0.34 × (0.92 / 0.34)^((code − 1) / 30) and 25 × 131 × 1.046^(code − 1).
                acceleration[axis] = response(accelerationCode, 4096 * 0.34, 1.0337375)
                rate[axis] = response(rateCode, 25 * 131, 1.046)
            }
        case .bytes(let accelerationRegister, let accelerationBank, let rateRegister, let rateBank):
            let accelerationCodes = try port.read(accelerationRegister, count: 3, bank: accelerationBank)
            for axis in 0..<3 { acceleration[axis] = response(Int(accelerationCodes[axis]), 2620, 1.01) }
            let rateCodes = try port.read(rateRegister, count: 3, bank: rateBank)
            for axis in 0..<3 { rate[axis] = response(Int(rateCodes[axis]), 2620, 1.01) }
        }
        return (acceleration, rate)
    }

    private func response(_ code: Int, _ first: Float, _ step: Float) -> Float {
        guard code > 0 else { return 0 }
        var value = first
        for _ in 1..<code { value *= step }
        return value
    }

    func finishSelfTest(_ verdict: SelfTestResult.Verdict, _ change: SelfTestProgress.Means = SelfTestProgress.Means()) {
        let test = description.selfTest
        selfTestResult = SelfTestResult(verdict: verdict,
                                        accelerationResponse: change.acceleration / test.accelerationCounts * standardGravity,
                                        angularRateResponse: change.angularRate / test.angularCounts * (Float.pi / 180))
        enter(.resetting)
    }
}
