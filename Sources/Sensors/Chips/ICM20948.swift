// TDK InvenSense ICM-20948 data sheet, DS-000189 revision 1.3. Its magnetometer, an AK09916, is on the chip's second bus.

/// Addresses in their banks, from the data sheet.
private enum ICM20948Register {
    // Bank 0.
    static let whoAmI: UInt8 = 0x00, userControl: UInt8 = 0x03, power1: UInt8 = 0x06, power2: UInt8 = 0x07
    static let pinConfiguration: UInt8 = 0x0F, interruptEnable1: UInt8 = 0x11, acceleration: UInt8 = 0x2D, angularRate: UInt8 = 0x33
    static let temperature: UInt8 = 0x39, fifoEnable1: UInt8 = 0x66, fifoEnable2: UInt8 = 0x67, fifoReset: UInt8 = 0x68
    static let fifoMode: UInt8 = 0x69, fifoCount: UInt8 = 0x70, fifoData: UInt8 = 0x72, bankSelect: UInt8 = 0x7F
    // Bank 1.
    static let gyroscopeTrims: UInt8 = 0x02, accelerometerTrims: UInt8 = 0x0E
    // Bank 2.
    static let gyroscopeDivider: UInt8 = 0x00, gyroscopeConfiguration1: UInt8 = 0x01, gyroscopeConfiguration2: UInt8 = 0x02
    static let alignRates: UInt8 = 0x09, accelerometerDividerHigh: UInt8 = 0x10, accelerometerDividerLow: UInt8 = 0x11
    static let accelerometerConfiguration1: UInt8 = 0x14, accelerometerConfiguration2: UInt8 = 0x15
}

private typealias R = ICM20948Register

extension InertialChipDescription {
    static var icm20948: InertialChipDescription {
        InertialChipDescription(
            name: "ICM-20948", packagedMagnetometer: .ak09916, identityRegister: R.whoAmI, identities: [0xEA],
            bankSelect: BankSelect(register: R.bankSelect, shift: 4),
            reset: RegisterWrite(R.power1, 0x80), resetMicroseconds: 100_000, startMicroseconds: 35_000,
            accelerationRanges: Range.table([(2, 0, 16384), (4, 1, 8192), (8, 2, 4096), (16, 3, 2048)]),
            angularRanges: Range.table([(250, 0, 131), (500, 1, 65.5), (1000, 2, 32.8), (2000, 3, 16.4)]),
            rates: .divided(base: 1125, maximum: 255),
            accelerationBandwidths: Bandwidth.table([(5.7, 6), (11.5, 5), (23.9, 4), (50.4, 3), (111.4, 2), (246, 1), (473, 7)]),
            angularBandwidths: Bandwidth.table([(5.7, 6), (11.6, 5), (23.9, 4), (51.2, 3), (119.5, 2), (151.8, 1), (196.6, 0), (361.4, 7)]),
            settings: [
                RegisterSetting(register: R.power1, value: 0x01, check: 0x6F),
                RegisterSetting(register: R.power2),
                RegisterSetting(bank: 2, register: R.gyroscopeDivider, fields: [(.rate, 0)]),
                // Filters on: only then the divider holds.
                RegisterSetting(bank: 2, register: R.gyroscopeConfiguration1, value: 0x01,
                                fields: [(.angularBandwidth, 3), (.angularRange, 1)], check: 0x3F),
                // Both sensors start their sampling together.
                RegisterSetting(bank: 2, register: R.alignRates, value: 0x01, check: 0x01),
                RegisterSetting(bank: 2, register: R.accelerometerDividerHigh, fields: [(.rateHigh, 0)], check: 0x0F),
                RegisterSetting(bank: 2, register: R.accelerometerDividerLow, fields: [(.rate, 0)]),
                RegisterSetting(bank: 2, register: R.accelerometerConfiguration1, value: 0x01,
                                fields: [(.accelerationBandwidth, 3), (.accelerationRange, 1)], check: 0x3F),
                RegisterSetting(register: R.pinConfiguration, fields: [(.activeLow, 7), (.bypass, 1)], check: 0xFA),
                RegisterSetting(register: R.interruptEnable1, fields: [(.interrupt, 0)], check: 0x01),
                RegisterSetting(register: R.fifoEnable1, check: 0x0F),
                RegisterSetting(register: R.fifoEnable2, value: 0x1F, check: 0x1F),
                RegisterSetting(register: R.fifoMode, check: 0x1F),
                RegisterSetting(register: R.userControl, value: 0x40, check: 0xF0),
            ],
            fifo: FIFO(countRegister: R.fifoCount, countIsBigEndian: true, countMask: 0x1FFF, bytesPerCount: 1, dataRegister: R.fifoData,
                       bytesPerSample: 14, capacityBytes: 512, format: .plain(acceleration: 0, temperature: 12, angularRate: 6)),
            flush: [RegisterWrite(R.fifoReset, 0x1F), RegisterWrite(R.fifoReset, 0x00)],
            temperature: Temperature(register: R.temperature, isBigEndian: true, scale: 1 / 333.87, offset: 21),
            raisesAtWatermark: false,
            selfTest: ChipSelfTest(
                prepare: [RegisterWrite(R.gyroscopeConfiguration1, 0x11, bank: 2),
                          RegisterWrite(R.accelerometerConfiguration1, 0x11, bank: 2)],
                stimulate: [RegisterWrite(R.gyroscopeConfiguration2, 0x38, bank: 2),
                            RegisterWrite(R.accelerometerConfiguration2, 0x1C, bank: 2)],
                settleMicroseconds: 50_000, accelerationCounts: 16384, angularCounts: 131,
                accelerationRegister: R.acceleration, angularRegister: R.angularRate, isBigEndian: true,
                bounds: .factory(FactoryTrim(
                    code: .bytes(acceleration: R.accelerometerTrims, accelerationBank: 1, angularRate: R.gyroscopeTrims, angularBank: 1),
                    accelerationRatio: 0.5...1.5, angularRatio: 0.5...4))))
    }
}
