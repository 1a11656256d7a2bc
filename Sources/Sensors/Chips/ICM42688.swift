// TDK InvenSense ICM-42688-P data sheet, DS-000347 revision 1.6.

extension InertialChipDescription {
    static var icm42688: InertialChipDescription {
        InertialChipDescription(
            name: "ICM-42688", identityRegister: 0x75, identities: [0x47], bankSelect: BankSelect(register: 0x76, shift: 0),
            reset: RegisterWrite(0x11, 0x01), resetMicroseconds: 2_000, startMicroseconds: 45_000, fillsUnevenly: true,
            accelerationRanges: Range.table([(2, 3, 16384), (4, 2, 8192), (8, 1, 4096), (16, 0, 2048)]),
            angularRanges: Range.table([(125, 4, 262), (250, 3, 131), (500, 2, 65.5), (1000, 1, 32.8), (2000, 0, 16.4)]),
            rates: .table([(12.5, 11), (25, 10), (50, 9), (100, 8), (200, 7), (500, 15), (1000, 6), (2000, 5), (4000, 4), (8000, 3)]),
            settings: [
                // Pulses, push-pull. Bit 4 of 0x64 must be cleared for the pins to work; reading the FIFO ends a watermark.
                RegisterSetting(register: 0x14, value: 0x02, fields: [(.activeHigh, 0)], check: 0x07),
                RegisterSetting(register: 0x63, value: 0x08, check: 0x3F),
                RegisterSetting(register: 0x64, value: 0x00, check: 0x70),
                RegisterSetting(register: 0x65, fields: [(.interrupt, 2)], check: 0x7F),
                RegisterSetting(register: 0x4C, value: 0x30, check: 0x70),
                RegisterSetting(register: 0x4F, fields: [(.angularRange, 5), (.rate, 0)], check: 0xEF),
                RegisterSetting(register: 0x50, fields: [(.accelerationRange, 5), (.rate, 0)], check: 0xEF),
                RegisterSetting(register: 0x60, fields: [(.watermarkLow, 0)]),
                RegisterSetting(register: 0x61, fields: [(.watermarkHigh, 0)], check: 0x0F),
                // Temperature, gyroscope and accelerometer: packets of 16 bytes.
                RegisterSetting(register: 0x5F, value: 0x07, check: 0x17),
                RegisterSetting(register: 0x16, value: 0x40, check: 0xC0),
                // After the sensors are switched on the chip must be left alone for 200 µs.
                RegisterSetting(register: 0x4E, value: 0x0F, check: 0x3F, settleMicroseconds: 300),
            ],
            fifo: FIFO(countRegister: 0x2E, countIsBigEndian: true, countMask: 0xFFFF, bytesPerCount: 1, dataRegister: 0x30,
                       bytesPerSample: 16, capacityBytes: 2048, format: .packet, watermarkUnitsPerSample: 16),
            flush: [RegisterWrite(0x4B, 0x02)],
            temperature: Temperature(register: 0x1D, isBigEndian: true, scale: 1 / 2.07, offset: 25),
            raisesAtWatermark: true,
            selfTest: SelfTest(
                prepare: [RegisterWrite(0x4F, 0x66), RegisterWrite(0x50, 0x66)],
                stimulate: [RegisterWrite(0x70, 0x7F)],
                settleMicroseconds: 200_000, accelerationCounts: 16384, angularCounts: 131,
                accelerationRegister: 0x1F, angularRegister: 0x25, isBigEndian: true,
                bounds: .factory(FactoryTrim(
                    code: .bytes(acceleration: 0x3B, accelerationBank: 2, angularRate: 0x5F, angularBank: 1),
                    accelerationRatio: 0.5...1.5, angularRatio: 0.5...4))))
    }
}
