// AKM AK09916 data sheet, 015007392-E-02; ICM-20948 data sheet, DS-000189, for its axes.

/// Addresses, from the data sheet.
private enum AK09916Register {
    static let company: UInt8 = 0x00, device: UInt8 = 0x01, status1: UInt8 = 0x10, control2: UInt8 = 0x31, control3: UInt8 = 0x32
}

private typealias R = AK09916Register

extension MagnetometerDescription {
    static var ak09916: MagnetometerDescription {
        MagnetometerDescription(
            name: "AK09916", addresses: [0x0C], identities: [(R.company, 0x48), (R.device, 0x09)],
            reset: RegisterWrite(R.control3, 0x01), resetMicroseconds: 1_000,
            // 100 measurements a second.
            settings: [RegisterWrite(R.control2, 0x08, check: 0x1F)],
            // Reading through the second status is what lets the next measurement in.
            rateHertz: 100, burstRegister: R.status1, burstCount: 9, statusIndex: 0, readyMask: 0x01, dataIndex: 1,
            overflowIndex: 8, overflowMask: 0x08, scale: 0.15,
            axes: Mounting(rows: (SIMD3(1, 0, 0), SIMD3(0, -1, 0), SIMD3(0, 0, -1))))
    }
}
