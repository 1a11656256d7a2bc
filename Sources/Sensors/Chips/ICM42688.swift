// TDK InvenSense ICM-42688-P data sheet, DS-000347 revision 1.6.

/// Addresses in their banks, from the data sheet.
private enum ICM42688Register {
    // Bank 0.
    static let deviceConfiguration: UInt8 = 0x11, interruptConfiguration: UInt8 = 0x14, fifoConfiguration: UInt8 = 0x16
    static let temperature: UInt8 = 0x1D, acceleration: UInt8 = 0x1F, angularRate: UInt8 = 0x25, fifoCount: UInt8 = 0x2E
    static let fifoData: UInt8 = 0x30, signalPathReset: UInt8 = 0x4B, interfaceConfiguration: UInt8 = 0x4C, power: UInt8 = 0x4E
    static let gyroscopeConfiguration: UInt8 = 0x4F, accelerometerConfiguration: UInt8 = 0x50, fifoConfiguration1: UInt8 = 0x5F
    static let fifoWatermarkLow: UInt8 = 0x60, fifoWatermarkHigh: UInt8 = 0x61, interruptConfiguration0: UInt8 = 0x63
    static let interruptConfiguration1: UInt8 = 0x64, interruptSource: UInt8 = 0x65, selfTest: UInt8 = 0x70, whoAmI: UInt8 = 0x75
    static let bankSelect: UInt8 = 0x76
    // Bank 1.
    static let gyroscopeTrims: UInt8 = 0x5F
    // Bank 2.
    static let accelerometerTrims: UInt8 = 0x3B
}

private typealias R = ICM42688Register

extension InertialChipDescription {
    static var icm42688: InertialChipDescription {
        InertialChipDescription(
            name: "ICM-42688", identityRegister: R.whoAmI, identities: [0x47], bankSelect: BankSelect(register: R.bankSelect, shift: 0),
            reset: RegisterWrite(R.deviceConfiguration, 0x01), resetMicroseconds: 2_000, startMicroseconds: 45_000, fillsUnevenly: true,
            accelerationRanges: Range.table([(2, 3, 16384), (4, 2, 8192), (8, 1, 4096), (16, 0, 2048)]),
            angularRanges: Range.table([(125, 4, 262), (250, 3, 131), (500, 2, 65.5), (1000, 1, 32.8), (2000, 0, 16.4)]),
            rates: .table([(12.5, 11), (25, 10), (50, 9), (100, 8), (200, 7), (500, 15), (1000, 6), (2000, 5), (4000, 4), (8000, 3)]),
            settings: [
                // Pulses, push-pull. Bit 4 of 0x64 must be cleared for the pins to work; reading the FIFO ends a watermark.
                RegisterSetting(register: R.interruptConfiguration, value: 0x02, fields: [(.activeHigh, 0)], check: 0x07),
                RegisterSetting(register: R.interruptConfiguration0, value: 0x08, check: 0x3F),
                RegisterSetting(register: R.interruptConfiguration1, value: 0x00, check: 0x70),
                RegisterSetting(register: R.interruptSource, fields: [(.interrupt, 2)], check: 0x7F),
                RegisterSetting(register: R.interfaceConfiguration, value: 0x30, check: 0x70),
                RegisterSetting(register: R.gyroscopeConfiguration, fields: [(.angularRange, 5), (.rate, 0)], check: 0xEF),
                RegisterSetting(register: R.accelerometerConfiguration, fields: [(.accelerationRange, 5), (.rate, 0)], check: 0xEF),
                RegisterSetting(register: R.fifoWatermarkLow, fields: [(.watermarkLow, 0)]),
                RegisterSetting(register: R.fifoWatermarkHigh, fields: [(.watermarkHigh, 0)], check: 0x0F),
                // Temperature, gyroscope and accelerometer: packets of 16 bytes.
                RegisterSetting(register: R.fifoConfiguration1, value: 0x07, check: 0x17),
                RegisterSetting(register: R.fifoConfiguration, value: 0x40, check: 0xC0),
                // After the sensors are switched on the chip must be left alone for 200 µs.
                RegisterSetting(register: R.power, value: 0x0F, check: 0x3F, settleMicroseconds: 300),
            ],
            fifo: FIFO(countRegister: R.fifoCount, countIsBigEndian: true, countMask: 0xFFFF, bytesPerCount: 1, dataRegister: R.fifoData,
                       bytesPerSample: 16, capacityBytes: 2048, format: .packet, watermarkUnitsPerSample: 16),
            flush: [RegisterWrite(R.signalPathReset, 0x02)],
            temperature: Temperature(register: R.temperature, isBigEndian: true, scale: 1 / 2.07, offset: 25),
            raisesAtWatermark: true,
            selfTest: ChipSelfTest(
                prepare: [RegisterWrite(R.gyroscopeConfiguration, 0x66), RegisterWrite(R.accelerometerConfiguration, 0x66)],
                stimulate: [RegisterWrite(R.selfTest, 0x7F)],
                settleMicroseconds: 200_000, accelerationCounts: 16384, angularCounts: 131,
                accelerationRegister: R.acceleration, angularRegister: R.angularRate, isBigEndian: true,
                bounds: .factory(FactoryTrim(
                    code: .bytes(acceleration: R.accelerometerTrims, accelerationBank: 2, angularRate: R.gyroscopeTrims, angularBank: 1),
                    accelerationRatio: 0.5...1.5, angularRatio: 0.5...4))))
    }
}
