// Texas Instruments INA219 data sheet, SBOS448G.

extension PowerMeterDescription {
    static var ina219: PowerMeterDescription {
        PowerMeterDescription(
            // It has no register that names it.
            name: "INA219", addresses: 0x40...0x4F, identities: [], channels: 1,
            readout: .conversions(ConversionRegisters(
                resetValue: 0x399F,
                // 32 V, ±320 mV, both voltages for ever.
                mode: 0x3807, averagings: averagings, readyRegister: 0x02, readyMask: 0x0002, clearRegister: 0x03, shuntRegister: 0x01,
                busRegister: 0x02, shuntVoltsPerCount: 10e-6, busVoltsPerCount: 4e-3, busShift: 3, shuntLimit: 32_000)))
    }

    /// The codes of BADC and SADC, 12 bits and averages of them, with their conversion times.
    private static var averagings: [ConversionRegisters.Averaging] {
        let microseconds: [Int64] = [532, 1_060, 2_130, 4_260, 8_510, 17_020, 34_050, 68_100]
        var all: [ConversionRegisters.Averaging] = []
        for (code, time) in microseconds.enumerated() {
            let bits = UInt16(8 + code)
            all.append(ConversionRegisters.Averaging(bits: bits << 7 | bits << 3, windowMicroseconds: 2 * time))
        }
        return all
    }
}
