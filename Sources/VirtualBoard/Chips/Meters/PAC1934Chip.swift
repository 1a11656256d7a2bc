/// PAC1934, after its data sheet (DS20005850): four rails, samples that are multiplied and added up in the chip. Registers have
/// one to six bytes; a read goes on with the next register. What is read was frozen by the last REFRESH.
public final class PAC1934Chip: MeterChip {
    private static let rates = [1024.0, 256, 64, 8]

    private struct Channel {
        var sum: Int64 = 0
        var bus: Int32 = 0, sense: Int32 = 0, power: Int64 = 0
        /// The last eight samples, of which the average registers are the mean.
        var buses = SIMD8<Int32>(), senses = SIMD8<Int32>()
    }

    /// What is read: sums and values of a moment, and the settings that were in force.
    private struct Frozen {
        var count: Int64 = 0
        var channels = (Channel(), Channel(), Channel(), Channel())
        var isOverflown = false
    }

    /// CTRL, CHANNEL_DIS, NEG_PWR, SLOW as written.
    private var control: UInt8 = 0, disabled: UInt8 = 0, negative: UInt8 = 0, slow: UInt8 = 0
    /// Those in force: a REFRESH takes them over.
    private var activeControl: UInt8 = 0, activeDisabled: UInt8 = 0, activeNegative: UInt8 = 0
    private var live = Frozen(), pending = Frozen(), shown = Frozen()
    /// When what was frozen last becomes readable.
    private var settled: Int64?
    private var pointer = 0
    private var samples = 0

    /// - Parameter loads: four.
    public init(_ loads: [any ElectricalLoad], shuntOhms: Double, options: ChipOptions = ChipOptions()) {
        super.init(name: "PAC1934", loads: loads, shuntOhms: shuntOhms, options: options)
        reset(atNanoseconds: 0)
    }

    override func reset(atNanoseconds now: Int64) {
        (control, disabled, negative, slow) = (0, 0, 0, 0)
        (activeControl, activeDisabled, activeNegative) = (0, 0, 0)
        (live, pending, shown) = (Frozen(), Frozen(), Frozen())
        settled = nil
        pointer = 0
        clock.start(atNanoseconds: now, hertz: Self.rates[0], random: &random)
    }

    // MARK: samples

    override func sample(atNanoseconds now: Int64) {
        guard !isStuck else {
            live.count += 1
            return
        }
        if live.count < 0xFF_FFFF { live.count += 1 } else { live.isOverflown = true }
        samples += 1
        add(&live.channels.0, 0, now)
        add(&live.channels.1, 1, now)
        add(&live.channels.2, 2, now)
        add(&live.channels.3, 3, now)
    }

    private func add(_ channel: inout Channel, _ index: Int, _ now: Int64) {
        guard activeDisabled & (0x80 >> UInt8(index)) == 0 else { return }
        let isSignedSense = activeNegative & (0x80 >> UInt8(index)) != 0, isSignedBus = activeNegative & (0x08 >> UInt8(index)) != 0
        let volts = voltages(index, atNanoseconds: now)
        channel.sense = Int32(counts(volts.shunt, perCount: 0.1 / (isSignedSense ? 32_768 : 65_536),
                                     isSignedSense ? -32_768...32_767 : 0...65_535))
        channel.bus = Int32(counts(volts.bus, perCount: 32.0 / (isSignedBus ? 32_768 : 65_536),
                                   isSignedBus ? -32_768...32_767 : 0...65_535))
        channel.senses[samples & 7] = channel.sense
        channel.buses[samples & 7] = channel.bus
        // A product of 28 bits, or of 27 and a sign.
        let isSigned = isSignedSense || isSignedBus
        let bits = (isSignedSense ? 15 : 16) + (isSignedBus ? 15 : 16)
        channel.power = (Int64(channel.sense) * Int64(channel.bus)) >> Int64(bits - (isSigned ? 27 : 28))
        let sum = channel.sum + channel.power
        let limit: Int64 = isSigned ? 1 << 47 : 1 << 48
        if sum >= limit || sum < (isSigned ? -limit : 0) { live.isOverflown = true } else { channel.sum = sum }
    }

    /// REFRESH and REFRESH_G take settings over and count anew; REFRESH_V only shows.
    private func refresh(clears: Bool) {
        pending = live
        settled = time + 1_000_000
        guard clears else { return }
        live.count = 0
        live.isOverflown = false
        live.channels.0.sum = 0
        live.channels.1.sum = 0
        live.channels.2.sum = 0
        live.channels.3.sum = 0
        let rate = Self.rates[Int(control >> 6)]
        (activeDisabled, activeNegative) = (disabled, negative)
        if rate != Self.rates[Int(activeControl >> 6)] { clock.start(atNanoseconds: time, hertz: rate, random: &random) }
        activeControl = control
    }

    // MARK: the bus

    override func take(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        pointer = Int(first)
        switch first {
        case 0x00, 0x1E: refresh(clears: true)
        case 0x1F: refresh(clears: false)
        default:
            // Several bytes go to one register: it takes the last.
            guard bytes.count > 1, let value = bytes.last else { return }
            switch first {
            case 0x01: control = value & 0xFE
            case 0x1C: disabled = value & 0xFE
            case 0x1D: negative = value
            case 0x20: slow = value
            default: break
            }
        }
    }

    override func give(_ bytes: UnsafeMutableRawBufferPointer) {
        if let settled, time >= settled {
            shown = pending
            self.settled = nil
        }
        var place = 0
        while place < bytes.count {
            let (value, length) = register(pointer)
            for byte in 0..<length where place < bytes.count {
                bytes[place] = UInt8(truncatingIfNeeded: value >> Int64(8 * (length - 1 - byte)))
                place += 1
            }
            pointer = (pointer + 1) & 0xFF
        }
    }

    private func channel(_ index: Int) -> Channel {
        switch index {
        case 0: shown.channels.0
        case 1: shown.channels.1
        case 2: shown.channels.2
        default: shown.channels.3
        }
    }

    private func mean(_ values: SIMD8<Int32>) -> Int64 {
        var sum: Int64 = 0
        for index in 0..<8 { sum += Int64(values[index]) }
        return sum >> 3
    }

    /// A register's value and how many bytes it has.
    private func register(_ address: Int) -> (Int64, Int) {
        switch address {
        case 0x01: (Int64(control | (shown.isOverflown ? 1 : 0)), 1)
        case 0x02: (shown.count, 3)
        case 0x03...0x06: (channel(address - 0x03).sum, 6)
        case 0x07...0x0A: (Int64(channel(address - 0x07).bus), 2)
        case 0x0B...0x0E: (Int64(channel(address - 0x0B).sense), 2)
        case 0x0F...0x12: (mean(channel(address - 0x0F).buses), 2)
        case 0x13...0x16: (mean(channel(address - 0x13).senses), 2)
        case 0x17...0x1A: (channel(address - 0x17).power << 4, 4)
        case 0x1C: (Int64(disabled), 1)
        case 0x1D: (Int64(negative), 1)
        case 0x20: (Int64(slow), 1)
        case 0x21: (Int64(activeControl), 1)
        case 0x22: (Int64(activeDisabled), 1)
        case 0x23: (Int64(activeNegative), 1)
        case 0xFD: (0x5B, 1)
        case 0xFE: (0x5D, 1)
        case 0xFF: (0x03, 1)
        default: (0, 1)
        }
    }

    // MARK: faults

    public override func corrupt(register: Int, mask: UInt8) -> Bool {
        switch register {
        case 0x01: control ^= mask
        case 0x1C: disabled ^= mask
        case 0x1D: negative ^= mask
        default: return false
        }
        return true
    }
}
