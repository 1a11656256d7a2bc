/// Addresses and the tables of reset values and writable bits.
enum MPURegister {
    static let sampleRateDivider = 0x19, config = 0x1A, gyroscopeConfig = 0x1B, accelerometerConfig = 0x1C, accelerometerConfig2 = 0x1D
    static let fifoEnable = 0x23, masterControl = 0x24, slave0 = 0x25, slave4Address = 0x31, slave4Control = 0x34
    static let masterStatus = 0x36, pinConfig = 0x37, interruptEnable = 0x38, interruptStatus = 0x3A
    static let acceleration = 0x3B, temperature = 0x41, angularRate = 0x43, external = 0x49, externalEnd = 0x60, slaveOutput = 0x63
    static let signalReset = 0x68, userControl = 0x6A, power1 = 0x6B, power2 = 0x6C
    static let fifoCountHigh = 0x72, fifoCountLow = 0x73, fifoData = 0x74, whoAmI = 0x75
    static let accelerometerOffset = 0x77

    static let common: [Register] = [
        Register(0x19, 0, writable: 0xFF), Register(0x1A, 0, writable: 0x3F), Register(0x1B, 0, writable: 0xF8),
        Register(0x1C, 0, writable: 0xF8), Register(0x1F, 0, writable: 0xFF), Register(0x23, 0, writable: 0xFF),
        Register(0x24, 0, writable: 0xFF),
    ] + Register.block(0x25...0x33, writable: 0xFF) + [
        Register(0x34, 0, writable: 0xFF), Register(0x35, 0), Register(0x36, 0), Register(0x37, 0, writable: 0xFE),
        Register(0x38, 0, writable: 0x59), Register(0x3A, 0),
    ] + Register.block(0x3B...0x60) + Register.block(0x63...0x66, writable: 0xFF) + [
        Register(0x67, 0, writable: 0x9F), Register(0x68, 0), Register(0x69, 0, writable: 0xFF),
        Register(0x6A, 0, writable: 0xF0), Register(0x6C, 0, writable: 0xFF), Register(0x72, 0), Register(0x73, 0),
        Register(0x74, 0), Register(0x75, 0),
    ]

    /// Self-test trims in 0x0D to 0x10: five bits an axis, read-only, burnt in the factory.
    static let first: [Register] = Register.block(0x06...0x0C, writable: 0xFF)
        + Register.block(0x0D...0x10) + Register.block(0x13...0x18, writable: 0xFF) + [
            Register(0x1D, 0, writable: 0xFF), Register(0x1E, 0, writable: 0xFF), Register(0x20, 0, writable: 0xFF),
            Register(0x6B, 0x40, writable: 0xEF),
        ]

    static let second: [Register] = Register.block(0x00...0x02) + Register.block(0x0D...0x0F)
        + Register.block(0x13...0x18, writable: 0xFF) + [
            Register(0x1A, 0, writable: 0x7F), Register(0x1B, 0, writable: 0xFB), Register(0x1D, 0, writable: 0x0F),
            Register(0x1E, 0, writable: 0x0F), Register(0x6B, 0x01, writable: 0xFF),
        ] + [0x77, 0x78, 0x7A, 0x7B, 0x7D, 0x7E].map { Register($0, 0, writable: 0xFF) }
}
