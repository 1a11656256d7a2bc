// AKM AK09916 data sheet, 015007392-E-02; ICM-20948 data sheet, DS-000189, for its axes.

extension MagnetometerDescription {
    static var ak09916: MagnetometerDescription {
        MagnetometerDescription(
            name: "AK09916", addresses: [0x0C], identities: [(0x00, 0x48), (0x01, 0x09)],
            reset: RegisterWrite(0x32, 0x01), resetMicroseconds: 1_000,
            // 100 measurements a second.
            settings: [RegisterWrite(0x31, 0x08, check: 0x1F)],
            // Reading through the second status is what lets the next measurement in.
            rateHertz: 100, burstRegister: 0x10, burstCount: 9, statusIndex: 0, readyMask: 0x01, dataIndex: 1,
            overflowIndex: 8, overflowMask: 0x08, scale: 0.15,
            axes: Mounting(rows: (SIMD3(1, 0, 0), SIMD3(0, -1, 0), SIMD3(0, 0, -1))))
    }
}
