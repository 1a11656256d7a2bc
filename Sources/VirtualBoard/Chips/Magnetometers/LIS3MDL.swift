/// LIS3MDL, after its data sheet (DocID024204 rev. 6). `pin` is DRDY.
public final class LIS3MDLChip: RegisterChip {
    private static let table: [Register] = Register.block(0x05...0x0A, writable: 0xFF) + [
        Register(0x0F, 0x3D), Register(0x20, 0x10, writable: 0xFF), Register(0x21, 0x00, writable: 0x6C),
            Register(0x22, 0x03, writable: 0x27),
        Register(0x23, 0x00, writable: 0x0E), Register(0x24, 0x00, writable: 0xC0), Register(0x27, 0),
    ] + Register.block(0x28...0x2F) + [
        Register(0x30, 0xE8, writable: 0xE7), Register(0x31, 0), Register(0x32, 0, writable: 0xFF), Register(0x33, 0, writable: 0x7F),
    ]
    /// LSB a gauss by FS.
    private static let sensitivities = [6842.0, 3421, 2281, 1711]
    private static let rates = [0.625, 1.25, 2.5, 5, 10, 20, 40, 80]
    /// FAST_ODR by operating mode, low power to ultra-high performance.
    private static let fastRates = [1000.0, 560, 300, 155]
    /// µT, root mean square: x and y 3.2 mG, z 4.1 mG in ultra-high performance; the lower modes average less.
    private static let noise = SIMD3(0.32, 0.32, 0.41)
    private static let control1 = 0x20, control2 = 0x21, control3 = 0x22, control4 = 0x23, control5 = 0x24, status = 0x27, data = 0x28,
        temperature = 0x2E
    /// What the coil adds, gauss: the data sheet allows 1 to 3, 1 to 3, 0.1 to 1.
    private static let selfTestField = SIMD3(1.9, 1.7, 0.45)

    private var increments = false
    /// A low byte was read and its high byte not yet (BDU).
    private var heldBytes: UInt8 = 0
    private var isMeasuringOnce = false

    /// Registers as after power-on; noise is drawn by the options' seed.
    public init(motion: any Motion, options: ChipOptions = ChipOptions()) {
        super.init(name: "LIS3MDL", registers: RegisterFile(Self.table), motion: motion, options: options)
    }

    /// The top bit of the address asks for increments.
    override func select(_ byte: UInt8) -> Int {
        increments = byte & 0x80 != 0
        return Int(byte & 0x7F)
    }

    override func following(_ address: Int) -> Int { increments ? (address + 1) & 0x7F : address }

    override func load(_ address: Int) -> UInt8 {
        let value = registers[address]
        if address >= Self.data, address < Self.data + 6 {
            let axis = UInt8((address - Self.data) / 2)
            if registers[Self.control5] & 0x40 != 0 {
                if address % 2 == 0 { heldBytes |= 1 << axis } else { heldBytes &= ~(1 << axis) }
            }
            if address % 2 == 1 {
                registers[Self.status] &= ~(0x11 << axis)
                if registers[Self.status] & 0x07 == 0 { registers[Self.status] = 0 } else { registers[Self.status] &= ~0x08 }
                pin.drive(registers[Self.status] & 0x08 != 0, atNanoseconds: time)
            }
        }
        return value
    }

    override func store(_ address: Int, _ value: UInt8) {
        if address == Self.control2 {
            if value & 0x04 != 0 {
                reset(atNanoseconds: time)
                return
            }
            registers[address] = registers.merged(address, value & ~0x08)
            return
        }
        let before = registers[address]
        registers[address] = registers.merged(address, value)
        if address == Self.control3 || registers[address] != before { registerChanged(address) }
    }

    override func registerChanged(_ address: Int) {
        guard address == Self.control1 || address == Self.control3 else { return }
        let mode = registers[Self.control3] & 0x03
        isMeasuringOnce = mode == 1
        guard mode < 2 else {
            clock.stop()
            return
        }
        clock.start(atNanoseconds: time, hertz: hertz, random: &random)
    }

    private var hertz: Double {
        let config = registers[Self.control1]
        // LP in control 3 is the lowest rate of all.
        if registers[Self.control3] & 0x20 != 0 { return 0.625 }
        return config & 0x02 != 0 ? Self.fastRates[Int(config >> 5 & 3)] : Self.rates[Int(config >> 2 & 7)]
    }

    override func resetState(atNanoseconds now: Int64) {
        heldBytes = 0
        isMeasuringOnce = false
    }

    override func sample(atNanoseconds now: Int64) {
        if isMeasuringOnce {
            clock.stop()
            isMeasuringOnce = false
            registers[Self.control3] |= 0x03
        }
        var field = motion.state(atNanoseconds: now).magneticField
        if options.isNoisy {
            let modes = SIMD3(Double(registers[Self.control1] >> 5 & 3), Double(registers[Self.control1] >> 5 & 3),
                              Double(registers[Self.control4] >> 2 & 3))
            field += random.normal3() * Self.noise * (SIMD3(repeating: 2.2) - modes * 0.4)
        }
        if registers[Self.control1] & 0x01 != 0 { field += Self.selfTestField * 100 }
        let perUnit = Self.sensitivities[Int(registers[Self.control2] >> 5 & 3)] / 100
        let value = saturated(field * perUnit)
        let isBigEndian = registers[Self.control4] & 0x02 != 0
        for axis in 0..<3 where heldBytes & (1 << UInt8(axis)) == 0 {
            let offset = Int16(bitPattern: UInt16(registers[0x06 + axis * 2]) << 8 | UInt16(registers[0x05 + axis * 2]))
            let result = saturated(Double(value[axis]) - Double(offset))
            if isBigEndian {
                registers.putBigEndian(Self.data + axis * 2, result)
            } else {
                registers.putLittleEndian(Self.data + axis * 2, result)
            }
        }
        if registers[Self.control1] & 0x80 != 0 {
            registers.putLittleEndian(Self.temperature, saturated((options.temperatureCelsius - 25) * 8))
        }
        let overrun = (registers[Self.status] & 0x07) << 4
        registers[Self.status] = 0x0F | overrun | (overrun == 0 ? 0 : 0x80)
        pin.drive(true, atNanoseconds: now)
    }
}
