// STMicroelectronics LIS3MDL data sheet, DocID024204 revision 6.

/// Addresses, from the data sheet.
private enum LIS3MDLRegister {
    static let whoAmI: UInt8 = 0x0F, control1: UInt8 = 0x20, control2: UInt8 = 0x21, control3: UInt8 = 0x22, control4: UInt8 = 0x23
    static let control5: UInt8 = 0x24, status: UInt8 = 0x27
}

private typealias R = LIS3MDLRegister

extension MagnetometerDescription {
    static var lis3mdl: MagnetometerDescription {
        MagnetometerDescription(
            name: "LIS3MDL", addresses: [0x1C, 0x1E], identities: [(R.whoAmI, 0x3D)], incrementFlag: 0x80,
            reset: RegisterWrite(R.control2, 0x04), resetMicroseconds: 10_000,
            settings: [
                // Ultra-high performance, 80 measurements a second; 4 gauss; the same for z; whole values only; continuous.
                RegisterWrite(R.control1, 0x7C, check: 0xFF),
                RegisterWrite(R.control2, 0x00, check: 0x60),
                RegisterWrite(R.control4, 0x0C, check: 0x0E),
                RegisterWrite(R.control5, 0x40, check: 0x40),
                RegisterWrite(R.control3, 0x00, check: 0x23),
            ],
            rateHertz: 80, burstRegister: R.status, burstCount: 7, statusIndex: 0, readyMask: 0x08, dataIndex: 1,
            // Too strong a field shows as full scale only.
            overflowIndex: 0, overflowMask: 0x00, scale: 100 / 6842)
    }
}
