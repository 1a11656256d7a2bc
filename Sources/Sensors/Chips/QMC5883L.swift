// QST QMC5883L data sheet, document 13-52-04 revision A.

/// Addresses, from the data sheet.
private enum QMC5883LRegister {
    static let field: UInt8 = 0x00, status: UInt8 = 0x06, control1: UInt8 = 0x09, control2: UInt8 = 0x0A
    static let setResetPeriod: UInt8 = 0x0B, identity: UInt8 = 0x0D
}

private typealias R = QMC5883LRegister

extension MagnetometerDescription {
    static var qmc5883l: MagnetometerDescription {
        MagnetometerDescription(
            name: "QMC5883L", addresses: [0x0D], identities: [(R.identity, 0xFF)],
            reset: RegisterWrite(R.control2, 0x80), resetMicroseconds: 1_000,
            settings: [
                RegisterWrite(R.setResetPeriod, 0x01),
                // No interrupt pin.
                RegisterWrite(R.control2, 0x01, check: 0x41),
                // Oversampling 512, 8 gauss, 100 measurements a second, continuous.
                RegisterWrite(R.control1, 0x19, check: 0xFF),
            ],
            // Reading a value clears the status, so the status comes first and alone.
            rateHertz: 100, statusRegister: R.status, burstRegister: R.field, burstCount: 6, statusIndex: 0, readyMask: 0x01, dataIndex: 0,
            overflowIndex: 0, overflowMask: 0x02, scale: 100 / 3000)
    }
}
