// QST QMC5883L data sheet, document 13-52-04 revision A.

extension MagnetometerDescription {
    static var qmc5883l: MagnetometerDescription {
        MagnetometerDescription(
            name: "QMC5883L", addresses: [0x0D], identities: [(0x0D, 0xFF)],
            reset: RegisterWrite(0x0A, 0x80), resetMicroseconds: 1_000,
            settings: [
                RegisterWrite(0x0B, 0x01),
                // No interrupt pin.
                RegisterWrite(0x0A, 0x01, check: 0x41),
                // Oversampling 512, 8 gauss, 100 measurements a second, continuous.
                RegisterWrite(0x09, 0x19, check: 0xFF),
            ],
            // Reading a value clears the status, so the status comes first and alone.
            rateHertz: 100, statusRegister: 0x06, burstRegister: 0x00, burstCount: 6, statusIndex: 0, readyMask: 0x01, dataIndex: 0,
            overflowIndex: 0, overflowMask: 0x02, scale: 100 / 3000)
    }
}
