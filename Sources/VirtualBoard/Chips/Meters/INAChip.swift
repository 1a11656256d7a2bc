import Sensors

/// INA219, INA226 and INA3221: registers of 16 bits, the most significant byte first, behind a pointer that stays where it was
/// put. Conversions of shunt and rail take turns; a value in a register is the mean of all that its configuration asks for.
public final class INAChip: MeterChip {
    private let model: INAModel
    private let words = UnsafeMutablePointer<UInt16>.allocate(capacity: 256)
    private var pointer = 0
    private var windowNanoseconds = 0.0

    private init(_ model: INAModel, loads: [any ElectricalLoad], shuntOhms: Double, options: ChipOptions) {
        self.model = model
        words.initialize(repeating: 0, count: 256)
        super.init(name: model.name, loads: loads, shuntOhms: shuntOhms, options: options)
        reset(atNanoseconds: 0)
    }

    deinit { words.deallocate() }

    /// As after power-on: 12 bits, ±320 mV, both voltages for ever. Its noise is drawn by the options' seed, likewise below.
    public static func ina219(_ load: any ElectricalLoad, shuntOhms: Double, options: ChipOptions = ChipOptions()) -> INAChip {
        INAChip(.ina219, loads: [load], shuntOhms: shuntOhms, options: options)
    }

    /// As after power-on: 1.1 ms for each voltage, no averages.
    public static func ina226(_ load: any ElectricalLoad, shuntOhms: Double, options: ChipOptions = ChipOptions()) -> INAChip {
        INAChip(.ina226, loads: [load], shuntOhms: shuntOhms, options: options)
    }

    /// - Parameter loads: three.
    public static func ina3221(_ loads: [any ElectricalLoad], shuntOhms: Double, options: ChipOptions = ChipOptions()) -> INAChip {
        INAChip(.ina3221, loads: loads, shuntOhms: shuntOhms, options: options)
    }

    // MARK: the bus

    override func take(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        pointer = Int(first)
        guard bytes.count >= 3 else { return }
        let value = UInt16(bytes[1]) << 8 | UInt16(bytes[2])
        if pointer == 0 {
            guard value & 0x8000 == 0 else { return reset(atNanoseconds: time) }
            words[0] = value
            return convert()
        }
        for row in model.writable where row.register == pointer {
            words[pointer] = (words[pointer] & ~row.mask) | (value & row.mask)
        }
    }

    override func give(_ bytes: UnsafeMutableRawBufferPointer) {
        let word = words[pointer]
        for index in 0..<bytes.count { bytes[index] = index & 1 == 0 ? UInt8(word >> 8) : UInt8(truncatingIfNeeded: word) }
        if pointer == model.clearingRegister, bytes.count > 0 { words[model.flagRegister] &= ~model.readyBit }
    }

    // MARK: conversions

    override func reset(atNanoseconds now: Int64) {
        words.update(repeating: 0, count: 256)
        words[0] = model.configurationReset
        for row in model.writable { words[row.register] = row.reset }
        if let identity = model.identity { (words[0xFE], words[0xFF]) = identity }
        pointer = 0
        convert()
    }

    private func isOn(_ channel: Int) -> Bool { model.channels == 1 || words[0] & (0x4000 >> UInt16(channel)) != 0 }

    /// Starts what the configuration asks for; the mode's bits are shunt, bus and for ever.
    private func convert() {
        words[model.flagRegister] &= ~model.readyBit
        let timing = model.timing(words[0]), mode = words[0] & 7
        var channels = 0
        for channel in 0..<model.channels where isOn(channel) { channels += 1 }
        guard mode & 3 != 0, channels > 0 else { return clock.stop() }
        let each = (mode & 1 != 0 ? timing.shunt : 0) + (mode & 2 != 0 ? timing.bus : 0)
        windowNanoseconds = each * Double(timing.averages * channels) * 1000
        clock.start(atNanoseconds: time, hertz: 1e9 / windowNanoseconds, random: &random)
    }

    override func sample(atNanoseconds now: Int64) {
        // Triggered modes convert once.
        if words[0] & 4 == 0 { clock.stop() }
        words[model.flagRegister] |= model.readyBit
        guard !isStuck else { return }
        let timing = model.timing(words[0]), averages = Double(timing.averages)
        let length = windowNanoseconds / (1 + clock.drift), start = Double(now) - length
        var place = 0.0, shunts = SIMD4<Double>(), buses = SIMD4<Double>()
        let unit = length / windowNanoseconds * 1000
        func convertShunt(_ channel: Int) {
            guard words[0] & 1 != 0 else { return }
            shunts[channel] += shunt(channel, Int64(start + (place + timing.shunt / 2) * unit))
            place += timing.shunt
        }
        func convertBus(_ channel: Int) {
            guard words[0] & 2 != 0 else { return }
            buses[channel] += bus(channel, Int64(start + (place + timing.bus / 2) * unit))
            place += timing.bus
        }
        if model.convertsApart {
            for _ in 0..<timing.averages { convertShunt(0) }
            for _ in 0..<timing.averages { convertBus(0) }
        } else {
            for _ in 0..<timing.averages {
                for channel in 0..<model.channels where isOn(channel) {
                    convertShunt(channel)
                    convertBus(channel)
                }
            }
        }
        for channel in 0..<model.channels where isOn(channel) {
            store(channel, Int32((shunts[channel] / averages).rounded()), Int32((buses[channel] / averages).rounded()))
        }
    }

    private func shunt(_ channel: Int, _ time: Int64) -> Double {
        let step = model.step(words[0]).shunt
        return counts(voltages(channel, atNanoseconds: time).shunt, perCount: model.shuntVolts * step,
                      (model.shuntRange.lowerBound / step)...(model.shuntRange.upperBound / step)) * step
    }

    private func bus(_ channel: Int, _ time: Int64) -> Double {
        let step = model.step(words[0]).bus
        return counts(voltages(channel, atNanoseconds: time).bus, perCount: model.busVolts * step, 0...(model.busLimit / step)) * step
    }

    private func store(_ channel: Int, _ shunt: Int32, _ bus: Int32) {
        if words[0] & 1 != 0 { words[1 + 2 * channel] = UInt16(truncatingIfNeeded: shunt << Int32(model.shuntShift)) }
        let flags = model.flagRegister == 2 ? words[2] & 3 : 0
        if words[0] & 2 != 0 { words[2 + 2 * channel] = UInt16(truncatingIfNeeded: bus << Int32(model.busShift)) | flags }
        guard model.currentDivisor != 0 else { return }
        let current = Int64(shunt) * Int64(words[5]) / model.currentDivisor
        let power = current.magnitude * UInt64(bus.magnitude) / UInt64(model.powerDivisor)
        words[model.flagRegister] &= ~model.overflowBit
        if current > 32_767 || current < -32_768 || power > 65_535 { words[model.flagRegister] |= model.overflowBit }
        words[4] = UInt16(truncatingIfNeeded: current)
        words[3] = UInt16(truncatingIfNeeded: power)
    }

    // MARK: faults

    public override func corrupt(register: Int, mask: UInt8) -> Bool {
        let address = register & 0xFF
        guard register < 512, address < 0x12 else { return false }
        words[address] ^= UInt16(mask) << (register > 255 ? 8 : 0)
        return true
    }
}
