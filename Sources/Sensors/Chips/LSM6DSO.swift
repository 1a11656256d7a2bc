// STMicroelectronics LSM6DSO data sheet, DS12140 revision 3, and application note AN5192.

extension InertialChipDescription {
    static var lsm6dso: InertialChipDescription {
        InertialChipDescription(
            name: "LSM6DSO", addresses: [0x6A, 0x6B], identityRegister: 0x0F, identities: [0x6C],
            reset: RegisterWrite(0x12, 0x01), resetMicroseconds: 10_000, startMicroseconds: 70_000, fillsUnevenly: true,
            accelerationRanges: Range.table([(2, 0, 16393.4), (4, 2, 8196.72), (8, 3, 4098.36), (16, 1, 2049.18)]),
            // The code's lowest bit is the one that chooses 125 degrees a second.
            angularRanges: Range.table([(125, 1, 228.571), (250, 0, 114.286), (500, 2, 57.1429), (1000, 4, 28.5714), (2000, 6, 14.2857)]),
            rates: .table([(12.5, 1), (26, 2), (52, 3), (104, 4), (208, 5), (416, 6), (833, 7), (1666, 8), (3332, 9), (6664, 10)]),
            settings: [
                // Registers count on, and a value isn't replaced while it is read.
                RegisterSetting(register: 0x12, value: 0x44, fields: [(.activeLow, 5)], check: 0x7C),
                RegisterSetting(register: 0x07, fields: [(.watermarkLow, 0)]),
                RegisterSetting(register: 0x08, fields: [(.watermarkHigh, 0)], check: 0x81),
                RegisterSetting(register: 0x09, fields: [(.rate, 4), (.rate, 0)]),
                RegisterSetting(register: 0x0A, value: 0x06),
                RegisterSetting(register: 0x0D, fields: [(.interrupt, 3)]),
                RegisterSetting(register: 0x10, fields: [(.rate, 4), (.accelerationRange, 2)], check: 0xFC),
                RegisterSetting(register: 0x11, fields: [(.rate, 4), (.angularRange, 1)], check: 0xFE),
            ],
            fifo: FIFO(countRegister: 0x3A, countIsBigEndian: false, countMask: 0x03FF, bytesPerCount: 7, dataRegister: 0x78,
                       bytesPerSample: 14, capacityBytes: 3584, format: .tagged, overflowMask: 0x48, watermarkUnitsPerSample: 2),
            flush: [RegisterWrite(0x0A, 0x00), RegisterWrite(0x0A, 0x06)],
            temperature: Temperature(register: 0x20, isBigEndian: false, scale: 1 / 256, offset: 25),
            raisesAtWatermark: true,
            selfTest: SelfTest(
                prepare: [RegisterWrite(0x10, 0x58), RegisterWrite(0x11, 0x5C), RegisterWrite(0x14, 0x00)],
                stimulate: [RegisterWrite(0x14, 0x05)],
                settleMicroseconds: 100_000, accelerationCounts: 8196.72, angularCounts: 14.2857,
                accelerationRegister: 0x28, angularRegister: 0x22, isBigEndian: false,
                bounds: .absolute(acceleration: 0.04...1.7, angularRate: 150...700)))
    }
}
