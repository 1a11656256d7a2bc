// STMicroelectronics LIS3MDL data sheet, DocID024204 revision 6.

extension MagnetometerDescription {
    static var lis3mdl: MagnetometerDescription {
        MagnetometerDescription(
            name: "LIS3MDL", addresses: [0x1C, 0x1E], identities: [(0x0F, 0x3D)], incrementFlag: 0x80,
            reset: RegisterWrite(0x21, 0x04), resetMicroseconds: 10_000,
            settings: [
                // Ultra-high performance, 80 measurements a second; 4 gauss; the same for z; whole values only; continuous.
                RegisterWrite(0x20, 0x7C, check: 0xFF),
                RegisterWrite(0x21, 0x00, check: 0x60),
                RegisterWrite(0x23, 0x0C, check: 0x0E),
                RegisterWrite(0x24, 0x40, check: 0x40),
                RegisterWrite(0x22, 0x00, check: 0x23),
            ],
            rateHertz: 80, burstRegister: 0x27, burstCount: 7, statusIndex: 0, readyMask: 0x08, dataIndex: 1,
            // Too strong a field shows as full scale only.
            overflowIndex: 0, overflowMask: 0x00, scale: 100 / 6842)
    }
}
