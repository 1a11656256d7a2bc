// Microchip PAC1931/2/3/4 data sheet, DS20005850.

/// Addresses, from the data sheet.
private enum PAC1934Register {
    static let refresh: UInt8 = 0x00, control: UInt8 = 0x01, count: UInt8 = 0x02, powerSum: UInt8 = 0x03
    static let busAverage: UInt8 = 0x0F, senseAverage: UInt8 = 0x13, channels: UInt8 = 0x1C, negative: UInt8 = 0x1D
    static let product: UInt8 = 0xFD
}

private typealias R = PAC1934Register

extension PowerMeterDescription {
    static var pac1934: PowerMeterDescription {
        PowerMeterDescription(
            name: "PAC1934", addresses: 0x10...0x1F, identities: [Identity(register: R.product, bytes: 1, value: 0x5B)], channels: 4,
            readout: .accumulators(AccumulatorRegisters(
                refresh: R.refresh, settleMicroseconds: 1_000, countRegister: R.count, countBytes: 3, powerSumRegister: R.powerSum,
                powerSumBytes: 6, busRegister: R.busAverage, senseRegister: R.senseAverage, controlRegister: R.control,
                overflowMask: 0x01, busVoltsPerCount: 32 / 32_768, senseVoltsPerCount: 0.1 / 32_768,
                // 3.2 V² is 2^27 where both may be negative.
                squareVoltsPerCount: 3.2 / 134_217_728,
                settings: [
                    // 1024 samples a second.
                    RegisterWrite(R.control, 0x00, check: 0xF0),
                    // Both voltages with their signs, all channels.
                    RegisterWrite(R.negative, 0xFF, check: 0xFF),
                ],
                disableRegister: R.channels, disableBit: 0x80)))
    }
}
