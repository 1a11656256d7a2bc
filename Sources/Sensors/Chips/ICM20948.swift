// TDK InvenSense ICM-20948 data sheet, DS-000189 revision 1.3. Its magnetometer, an AK09916, is on the chip's second bus.

extension InertialChipDescription {
    static var icm20948: InertialChipDescription {
        InertialChipDescription(
            name: "ICM-20948", identityRegister: 0x00, identities: [0xEA], bankSelect: BankSelect(register: 0x7F, shift: 4),
            reset: RegisterWrite(0x06, 0x80), resetMicroseconds: 100_000, startMicroseconds: 35_000,
            accelerationRanges: Range.table([(2, 0, 16384), (4, 1, 8192), (8, 2, 4096), (16, 3, 2048)]),
            angularRanges: Range.table([(250, 0, 131), (500, 1, 65.5), (1000, 2, 32.8), (2000, 3, 16.4)]),
            rates: .divided(base: 1125, maximum: 255),
            accelerationBandwidths: Bandwidth.table([(5.7, 6), (11.5, 5), (23.9, 4), (50.4, 3), (111.4, 2), (246, 1), (473, 7)]),
            angularBandwidths: Bandwidth.table([(5.7, 6), (11.6, 5), (23.9, 4), (51.2, 3), (119.5, 2), (151.8, 1), (196.6, 0), (361.4, 7)]),
            settings: [
                RegisterSetting(register: 0x06, value: 0x01, check: 0x6F),
                RegisterSetting(register: 0x07),
                RegisterSetting(bank: 2, register: 0x00, fields: [(.rate, 0)]),
                // Filters on: only then the divider holds.
                RegisterSetting(bank: 2, register: 0x01, value: 0x01, fields: [(.angularBandwidth, 3), (.angularRange, 1)], check: 0x3F),
                // Both sensors start their sampling together.
                RegisterSetting(bank: 2, register: 0x09, value: 0x01, check: 0x01),
                RegisterSetting(bank: 2, register: 0x10, fields: [(.rateHigh, 0)], check: 0x0F),
                RegisterSetting(bank: 2, register: 0x11, fields: [(.rate, 0)]),
                RegisterSetting(bank: 2, register: 0x14, value: 0x01, fields: [(.accelerationBandwidth, 3), (.accelerationRange, 1)], check: 0x3F),
                RegisterSetting(register: 0x0F, fields: [(.activeLow, 7), (.bypass, 1)], check: 0xFA),
                RegisterSetting(register: 0x11, fields: [(.interrupt, 0)], check: 0x01),
                RegisterSetting(register: 0x66, check: 0x0F),
                RegisterSetting(register: 0x67, value: 0x1F, check: 0x1F),
                RegisterSetting(register: 0x69, check: 0x1F),
                RegisterSetting(register: 0x03, value: 0x40, check: 0xF0),
            ],
            fifo: FIFO(countRegister: 0x70, countIsBigEndian: true, countMask: 0x1FFF, bytesPerCount: 1, dataRegister: 0x72,
                       bytesPerSample: 14, capacityBytes: 512, format: .plain(acceleration: 0, temperature: 12, angularRate: 6)),
            flush: [RegisterWrite(0x68, 0x1F), RegisterWrite(0x68, 0x00)],
            temperature: Temperature(register: 0x39, isBigEndian: true, scale: 1 / 333.87, offset: 21),
            raisesAtWatermark: false,
            selfTest: SelfTest(
                prepare: [RegisterWrite(0x01, 0x11, bank: 2), RegisterWrite(0x14, 0x11, bank: 2)],
                stimulate: [RegisterWrite(0x02, 0x38, bank: 2), RegisterWrite(0x15, 0x1C, bank: 2)],
                settleMicroseconds: 50_000, accelerationCounts: 16384, angularCounts: 131,
                accelerationRegister: 0x2D, angularRegister: 0x33, isBigEndian: true,
                bounds: .factory(FactoryTrim(
                    code: .bytes(acceleration: 0x0E, accelerationBank: 1, angularRate: 0x02, angularBank: 1),
                    accelerationRatio: 0.5...1.5, angularRatio: 0.5...4))))
    }
}
