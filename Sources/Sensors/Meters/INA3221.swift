// Texas Instruments INA3221 data sheet, SBOS576B.

extension PowerMeterDescription {
    static var ina3221: PowerMeterDescription {
        PowerMeterDescription(
            name: "INA3221", addresses: 0x40...0x43,
            identities: [Identity(register: 0xFE, bytes: 2, value: 0x5449), Identity(register: 0xFF, bytes: 2, value: 0x3220)],
            channels: 3,
            readout: .conversions(ConversionRegisters(
                mode: 0x0007, channelBit: 0x4000, averagings: ConversionRegisters.averagingsOf226, readyRegister: 0x0F,
                readyMask: 0x0001, shuntRegister: 0x01, busRegister: 0x02,
                // Counts of 40 µV and 8 mV stand three bits higher in their registers.
                shuntVoltsPerCount: 5e-6, busVoltsPerCount: 1e-3, shuntLimit: 32_760)))
    }
}
