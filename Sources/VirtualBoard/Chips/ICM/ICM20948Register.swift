/// bank × 256 + address, reset values, writable bits.
enum ICM20948Register {
    static let userControl = 0x03, power1 = 0x06, power2 = 0x07, pinConfig = 0x0F, interruptEnable = 0x10, masterStatus = 0x17
    static let interruptStatus = 0x19, acceleration = 0x2D, angularRate = 0x33, temperature = 0x39
    static let fifoEnable1 = 0x66, fifoEnable2 = 0x67, fifoReset = 0x68, fifoMode = 0x69, fifoCountHigh = 0x70, fifoCountLow = 0x71,
        fifoData = 0x72
    static let dataReadyStatus = 0x74, bankSelect = 0x7F
    static let gyroscopeTrims = 0x102, accelerometerTrims = 0x10E
    static let gyroscopeDivider = 0x200, gyroscopeConfig = 0x201, gyroscopeConfig2 = 0x202, gyroscopeOffset = 0x203
    static let accelerometerDivider = 0x210, accelerometerConfig = 0x214, accelerometerConfig2 = 0x215

    static let table: [Register] = bank0 + bank1 + bank2 + bank3

    private static let bank0: [Register] = [
        Register(0x00, 0xEA), Register(0x03, 0, writable: 0xF0), Register(0x05, 0x40, writable: 0x70), Register(0x06, 0x41, writable: 0x6F),
        Register(0x07, 0, writable: 0x3F), Register(0x0F, 0, writable: 0xFE), Register(0x10, 0, writable: 0x8F),
            Register(0x11, 0, writable: 0x01),
        Register(0x12, 0, writable: 0x1F), Register(0x13, 0, writable: 0x1F), Register(0x17, 0),
    ] + Register.block(0x19...0x1C) + Register.block(0x28...0x29) + Register.block(0x2D...0x52) + [
        Register(0x66, 0, writable: 0x0F), Register(0x67, 0, writable: 0x1F), Register(0x68, 0, writable: 0x1F),
            Register(0x69, 0, writable: 0x1F),
        Register(0x70, 0), Register(0x71, 0), Register(0x72, 0), Register(0x74, 0), Register(0x76, 0, writable: 0x01),
    ]
    private static let bank1: [Register] = Register.block(0x102...0x104) + Register.block(0x10E...0x110)
        + [0x114, 0x115, 0x117, 0x118, 0x11A, 0x11B].map { Register($0, 0, writable: 0xFF) } + [Register(0x128, 0)]
    private static let bank2: [Register] = [
        Register(0x200, 0, writable: 0xFF), Register(0x201, 0x01, writable: 0x3F), Register(0x202, 0, writable: 0x3F),
    ] + Register.block(0x203...0x208, writable: 0xFF) + [
        Register(0x209, 0, writable: 0x01), Register(0x210, 0, writable: 0x0F), Register(0x211, 0, writable: 0xFF),
        Register(0x212, 0, writable: 0x03), Register(0x213, 0, writable: 0xFF), Register(0x214, 0x01, writable: 0x3F),
        Register(0x215, 0, writable: 0x1F), Register(0x252, 0, writable: 0xFF), Register(0x253, 0, writable: 0x07),
            Register(0x254, 0, writable: 0x01),
    ]
    private static let bank3: [Register] = [Register(0x300, 0, writable: 0x0F), Register(0x301, 0, writable: 0x9F),
                                            Register(0x302, 0, writable: 0x9F)]
        + Register.block(0x303...0x316, writable: 0xFF) + [Register(0x317, 0)]
}
