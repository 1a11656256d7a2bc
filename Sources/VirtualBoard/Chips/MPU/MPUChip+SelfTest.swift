/// What the self-test and the offset registers add to a sample.
extension MPUChip {
    func writeTrims() {
        if model.isSecondGeneration {
            for axis in 0..<3 {
                registers[axis] = trims.gyroscopeCodes[axis]
                registers[0x0D + axis] = trims.accelerometerCodes[axis]
            }
        } else {
            // Upper three bits of the accelerometer's code beside the gyroscope's, lower two together in 0x10.
            var low: UInt8 = 0
            for axis in 0..<3 {
                let code = trims.accelerometerCodes[axis]
                registers[0x0D + axis] = (code >> 2) << 5 | trims.gyroscopeCodes[axis]
                low |= (code & 0x03) << UInt8(4 - 2 * axis)
            }
            registers[0x10] = low
        }
    }

    var gyroscopeSelfTest: SIMD3<Double> {
        trims.gyroscopeResponse(registers[MPURegister.gyroscopeConfig] >> 5, range: gyroscopeRange)
    }

    var accelerometerSelfTest: SIMD3<Double> {
        trims.accelerometerResponse(registers[MPURegister.accelerometerConfig] >> 5, range: accelerometerRange)
    }

    /// 0x13 to 0x18, in steps of the ±1000 °/s range.
    var gyroscopeOffset: SIMD3<Double> {
        var result = SIMD3<Double>()
        for axis in 0..<3 {
            let address = 0x13 + axis * 2
            let value = Int16(bitPattern: UInt16(registers[address]) << 8 | UInt16(registers[address + 1]))
            result[axis] = Double(value) * 4 / Double(1 << gyroscopeRange)
        }
        return result
    }

    /// 0x77 to 0x7E (second generation), 15 bits in steps of 0.98 mg.
    var accelerometerOffset: SIMD3<Double> {
        guard model.isSecondGeneration else { return .zero }
        var result = SIMD3<Double>()
        for axis in 0..<3 {
            let address = MPURegister.accelerometerOffset + axis * 3
            let value = Int16(bitPattern: UInt16(registers[address]) << 8 | UInt16(registers[address + 1])) >> 1
            result[axis] = Double(value) * 16 / Double(1 << accelerometerRange)
        }
        return result
    }
}
