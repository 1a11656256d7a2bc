// AKM AK8963 data sheet, MS1356-E-02; MPU-9250 product specification, PS-MPU-9250A-01, for its axes.

/// Addresses, from the data sheet.
private enum AK8963Register {
    static let identity: UInt8 = 0x00, status1: UInt8 = 0x02, control1: UInt8 = 0x0A, control2: UInt8 = 0x0B
    static let adjustment: UInt8 = 0x10
}

private typealias R = AK8963Register

extension MagnetometerDescription {
    static var ak8963: MagnetometerDescription {
        MagnetometerDescription(
            name: "AK8963", addresses: [0x0C], identities: [(R.identity, 0x48)],
            reset: RegisterWrite(R.control2, 0x01), resetMicroseconds: 1_000,
            // The factory's adjustment is open in fuse mode only, which must be left through power-down.
            adjustment: (R.adjustment, RegisterWrite(R.control1, 0x0F, settleMicroseconds: 200),
                         RegisterWrite(R.control1, 0x00, settleMicroseconds: 200)),
            // 16 bits, 100 measurements a second.
            settings: [RegisterWrite(R.control1, 0x16, check: 0x1F)],
            rateHertz: 100, burstRegister: R.status1, burstCount: 8, statusIndex: 0, readyMask: 0x01, dataIndex: 1,
            overflowIndex: 7, overflowMask: 0x08, scale: 0.15,
            // Its x is the accelerometer's y, and it looks down.
            axes: Mounting(rows: (SIMD3(0, 1, 0), SIMD3(1, 0, 0), SIMD3(0, 0, -1))))
    }
}
