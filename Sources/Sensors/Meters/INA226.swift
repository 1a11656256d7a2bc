// Texas Instruments INA226 data sheet, SBOS547A.

extension PowerMeterDescription {
    static var ina226: PowerMeterDescription {
        PowerMeterDescription(
            name: "INA226", addresses: 0x40...0x4F,
            identities: [Identity(register: 0xFE, bytes: 2, value: 0x5449), Identity(register: 0xFF, bytes: 2, value: 0x2260)],
            channels: 1,
            readout: .conversions(ConversionRegisters(
                mode: 0x4007, averagings: ConversionRegisters.averagingsOf226, readyRegister: 0x06, readyMask: 0x0008,
                shuntRegister: 0x01, busRegister: 0x02, shuntVoltsPerCount: 2.5e-6, busVoltsPerCount: 1.25e-3, shuntLimit: 32_767)))
    }
}
