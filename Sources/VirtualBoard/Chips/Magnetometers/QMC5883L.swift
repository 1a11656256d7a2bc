/// QMC5883L, after its data sheet (13-52-04 rev. 1.0): two ranges, four rates, data-ready on its pin.
public final class QMC5883LChip: RegisterChip {
    private static let table: [Register] = Register.block(0x00...0x05) + [
        Register(0x06, 0), Register(0x07, 0), Register(0x08, 0), Register(0x09, 0, writable: 0xFF), Register(0x0A, 0, writable: 0x41),
        Register(0x0B, 0, writable: 0xFF), Register(0x0D, 0xFF),
    ]
    private static let rates = [10.0, 50, 100, 200]
    /// 2 mG, root mean square, at the widest filter.
    private static let noise = 0.2
    private static let status = 0x06, temperature = 0x07, control1 = 0x09, control2 = 0x0A
    /// Reading began and hasn't come to the last data register: the data must not change.
    private var isHeld = false

    /// In standby, as after power-on; noise is drawn by the options' seed.
    public init(motion: any Motion, options: ChipOptions = ChipOptions()) {
        super.init(name: "QMC5883L", registers: RegisterFile(Self.table), motion: motion, options: options)
    }

    override func following(_ address: Int) -> Int {
        // ROL_PNT: data and status go round for ever.
        if registers[Self.control2] & 0x40 != 0, address <= 0x06 { return address == 0x06 ? 0 : address + 1 }
        return (address + 1) & 0xFF
    }

    override func load(_ address: Int) -> UInt8 {
        let value = registers[address]
        if address <= 0x05 {
            isHeld = address != 0x05
            registers[Self.status] &= ~0x05
            drivePin(time)
        }
        return value
    }

    override func store(_ address: Int, _ value: UInt8) {
        if address == Self.control2, value & 0x80 != 0 {
            reset(atNanoseconds: time)
            return
        }
        registers[address] = registers.merged(address, value)
        registerChanged(address)
    }

    override func registerChanged(_ address: Int) {
        if address == Self.control2 { drivePin(time) }
        guard address == Self.control1 else { return }
        let config = registers[address]
        let hertz = Self.rates[Int(config >> 2 & 3)]
        if config & 0x03 != 0x01 {
            clock.stop()
        } else if clock.next == nil || clock.nominalPeriod != 1e9 / hertz {
            clock.start(atNanoseconds: time, hertz: hertz, random: &random)
        }
    }

    /// INT_ENB 0 leaves the pin on.
    private func drivePin(_ now: Int64) {
        pin.drive(registers[Self.status] & 0x01 != 0 && registers[Self.control2] & 0x01 == 0, atNanoseconds: now)
    }

    override func resetState(atNanoseconds now: Int64) { isHeld = false }

    override func sample(atNanoseconds now: Int64) {
        guard !isHeld else {
            registers[Self.status] |= 0x04
            return
        }
        if registers[Self.status] & 0x01 != 0 { registers[Self.status] |= 0x04 }
        // LSB for 1 µT: 12000 a gauss at ±2 G, 3000 at ±8 G.
        let perUnit = registers[Self.control1] & 0x10 == 0 ? 120.0 : 30.0
        var field = motion.state(atNanoseconds: now).magneticField
        // Oversampling of 512, 256, 128, 64: half of it, 1.4 times the noise.
        if options.isNoisy { field += random.normal3() * (Self.noise * Double(1 << Int(registers[Self.control1] >> 6)).squareRoot()) }
        let value = field * perUnit
        let isOver = value.min() < -32_768 || value.max() > 32_767
        registers.putLittleEndian(0x00, saturated(value))
        // Relative only: the data sheet gives 100 LSB/°C and no offset.
        registers.putLittleEndian(Self.temperature, saturated((options.temperatureCelsius - 25) * 100))
        registers[Self.status] = (registers[Self.status] & 0x04) | 0x01 | (isOver ? 0x02 : 0)
        drivePin(now)
    }
}
