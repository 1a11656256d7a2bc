/// What the filter, self-test and offset registers mean.
extension ICM42688Chip {
    /// The user filter: a share of the rate by its code, second order.
    func bandwidth(_ hertz: Double, _ code: UInt8) -> Double {
        let shares = [2.0, 4, 5, 8, 10, 16, 20, 40]
        return code == 0 ? hertz / 2 : max(400, hertz) / shares[Int(min(code, 7))]
    }

    /// SELF_TEST_CONFIG counts x in the lowest bit.
    func testedAxes(_ bits: UInt8) -> UInt8 { (bits & 1) << 2 | (bits & 2) | (bits & 4) >> 2 }

    /// Twelve-bit user offsets, packed in pairs: gyroscope from OFFSET_USER0, accelerometer from the upper half of 4.
    func offsets(_ first: Int, isShifted: Bool) -> SIMD3<Double> {
        func signed(_ value: Int) -> Double { Double(value >= 2048 ? value - 4096 : value) }
        func byte(_ index: Int) -> Int { Int(registers[first + index]) }
        if isShifted {
            return SIMD3(signed(byte(1) | (byte(0) & 0xF0) << 4), signed(byte(2) | (byte(3) & 0x0F) << 8),
                         signed(byte(4) | (byte(3) & 0xF0) << 4))
        }
        return SIMD3(signed(byte(0) | (byte(1) & 0x0F) << 8), signed(byte(2) | (byte(1) & 0xF0) << 4),
                     signed(byte(3) | (byte(4) & 0x0F) << 8))
    }
}
