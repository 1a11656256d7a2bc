// STMicroelectronics LSM6DSO data sheet, DS12140 revision 3, and application note AN5192.

/// Addresses, from the data sheet.
private enum LSM6DSORegister {
    static let fifoControl1: UInt8 = 0x07, fifoControl2: UInt8 = 0x08, fifoControl3: UInt8 = 0x09, fifoControl4: UInt8 = 0x0A
    static let interrupt1: UInt8 = 0x0D, whoAmI: UInt8 = 0x0F, control1: UInt8 = 0x10, control2: UInt8 = 0x11
    static let control3: UInt8 = 0x12, control5: UInt8 = 0x14, temperature: UInt8 = 0x20, angularRate: UInt8 = 0x22
    static let acceleration: UInt8 = 0x28, fifoStatus1: UInt8 = 0x3A, fifoTag: UInt8 = 0x78
}

private typealias R = LSM6DSORegister

extension InertialChipDescription {
    static var lsm6dso: InertialChipDescription {
        InertialChipDescription(
            name: "LSM6DSO", addresses: [0x6A, 0x6B], identityRegister: R.whoAmI, identities: [0x6C],
            reset: RegisterWrite(R.control3, 0x01), resetMicroseconds: 10_000, startMicroseconds: 70_000, fillsUnevenly: true,
            accelerationRanges: Range.table([(2, 0, 16393.4), (4, 2, 8196.72), (8, 3, 4098.36), (16, 1, 2049.18)]),
            // The code's lowest bit is the one that chooses 125 degrees a second.
            angularRanges: Range.table([(125, 1, 228.571), (250, 0, 114.286), (500, 2, 57.1429), (1000, 4, 28.5714), (2000, 6, 14.2857)]),
            rates: .table([(12.5, 1), (26, 2), (52, 3), (104, 4), (208, 5), (416, 6), (833, 7), (1666, 8), (3332, 9), (6664, 10)]),
            settings: [
                // Registers count on, and a value isn't replaced while it is read.
                RegisterSetting(register: R.control3, value: 0x44, fields: [(.activeLow, 5)], check: 0x7C),
                RegisterSetting(register: R.fifoControl1, fields: [(.watermarkLow, 0)]),
                RegisterSetting(register: R.fifoControl2, fields: [(.watermarkHigh, 0)], check: 0x81),
                RegisterSetting(register: R.fifoControl3, fields: [(.rate, 4), (.rate, 0)]),
                RegisterSetting(register: R.fifoControl4, value: 0x06),
                RegisterSetting(register: R.interrupt1, fields: [(.interrupt, 3)]),
                RegisterSetting(register: R.control1, fields: [(.rate, 4), (.accelerationRange, 2)], check: 0xFC),
                RegisterSetting(register: R.control2, fields: [(.rate, 4), (.angularRange, 1)], check: 0xFE),
            ],
            fifo: FIFO(countRegister: R.fifoStatus1, countIsBigEndian: false, countMask: 0x03FF, bytesPerCount: 7, dataRegister: R.fifoTag,
                       bytesPerSample: 14, capacityBytes: 3584, format: .tagged, overflowMask: 0x48, watermarkUnitsPerSample: 2),
            flush: [RegisterWrite(R.fifoControl4, 0x00), RegisterWrite(R.fifoControl4, 0x06)],
            temperature: Temperature(register: R.temperature, isBigEndian: false, scale: 1 / 256, offset: 25),
            raisesAtWatermark: true,
            selfTest: ChipSelfTest(
                prepare: [RegisterWrite(R.control1, 0x58), RegisterWrite(R.control2, 0x5C), RegisterWrite(R.control5, 0x00)],
                stimulate: [RegisterWrite(R.control5, 0x05)],
                settleMicroseconds: 100_000, accelerationCounts: 8196.72, angularCounts: 14.2857,
                accelerationRegister: R.acceleration, angularRegister: R.angularRate, isBigEndian: false,
                bounds: .absolute(acceleration: 0.04...1.7, angularRate: 150...700)))
    }
}
