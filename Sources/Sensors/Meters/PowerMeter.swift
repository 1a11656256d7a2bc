import Board
import Platform

/// One power monitor on an I2C bus: a state machine that never sleeps and allocates nothing after it was made. One thread
/// calls `update` when it asked to be called. Faults of chip and bus are counted and survived, never thrown.
public final class PowerMeter {
    /// Where the driver is on the way to values, in this order.
    public enum State: UInt8, Sendable { case identifying, resetting, waiting, configuring, verifying, running }

    public let configuration: PowerMeterConfiguration
    public let chip: PowerMeterChip
    /// Seven bits.
    public let address: UInt8
    public internal(set) var state = State.identifying
    public internal(set) var counters = SensorCounters()
    /// The newest values and the energy so far.
    public internal(set) var reading = PowerReading()
    /// Between readings: the chip averages over (nearly) all of it.
    public let periodNanoseconds: Int64

    let description: PowerMeterDescription
    /// Of the chip: asking it would make its description, with arrays, each time.
    let channels: Int
    let port: RegisterPort
    private let bus: I2CBus
    let averaging: ConversionRegisters.Averaging
    var integral: EnergyIntegral
    var position = 0
    private var faultsInARow = 0, wakeTime: Int64 = 0, nextBusRecovery = Int64.min
    var lastDataTime: Int64 = 0, nextCheck: Int64 = 0
    /// When a chip that adds up was asked for its sums; nil: it hasn't been.
    var refreshTime: Int64?
    var hasBegun = false
    /// Counts of the newest value, to see whether anything changes.
    var shuntCounts = SIMD4<Int32>(), busCounts = SIMD4<Int32>()

    /// Finds the chip (the one that the configuration names, or any that tells who it is) on the bus.
    /// - Throws: `.inputOutput` where none answers, `.usage` where it hasn't a channel that is asked for.
    public init(configuration: PowerMeterConfiguration, bus: I2CBus) throws(Failure) {
        guard let found = PowerMeterScan.find(configuration, on: bus) else {
            let wanted = configuration.chip?.name ?? "power monitor that there is a driver for"
            throw Failure(.inputOutput, "no \(wanted) answers on \(bus.name); check wiring and power, or name another bus or address")
        }
        guard Int(configuration.channelMask) < 1 << found.chip.channels else {
            throw Failure(.usage, "the \(found.chip.name) has channels 1 to \(found.chip.channels)")
        }
        self.configuration = configuration
        chip = found.chip
        address = found.address
        self.bus = bus
        description = found.chip.description
        channels = description.channels
        port = RegisterPort(bus: bus, address: found.address)
        let wanted = Int64(1e6 / Double(max(configuration.rateHertz, 0.01)))
        switch description.readout {
        case .conversions(let registers):
            averaging = registers.averaging(within: wanted, channels: Int64(configuration.channelMask.nonzeroBitCount))
            periodNanoseconds = averaging.windowMicroseconds * 1000
            integral = EnergyIntegral(longestNanoseconds: max(2_000_000_000, 5 * periodNanoseconds))
        case .accumulators:
            averaging = ConversionRegisters.Averaging(bits: 0, windowMicroseconds: wanted)
            periodNanoseconds = wanted * 1000
            // The sums go on while nobody asks; an overflow is told.
            integral = EnergyIntegral(longestNanoseconds: 4 * 3_600_000_000_000)
        }
    }

    /// Readings a second.
    public var nominalRateHertz: Float { Float(1e9 / Double(periodNanoseconds)) }

    /// Sets the chip up again, as after a sleep of the system.
    public func restart() {
        enter(.identifying)
        wakeTime = 0
    }

    /// One step of the driver; when it wants the next one.
    public func update(now: Int64) -> Int64 {
        guard now >= wakeTime else { return wakeTime }
        do throws(I2CError) {
            wakeTime = try step(now)
            if state == .running { faultsInARow = 0 }
        } catch {
            wakeTime = failed(error, now)
        }
        return wakeTime
    }

    private func failed(_ error: I2CError, _ now: Int64) -> Int64 {
        counters.count(error)
        faultsInARow += 1
        if error == .stuck, now >= nextBusRecovery {
            nextBusRecovery = now + 1_000_000_000
            counters.busRecoveries &+= 1
            try? bus.recover()
        }
        if faultsInARow >= 3 { enter(.identifying) }
        return now + Int64(min(200, 2 << min(faultsInARow, 7))) * 1_000_000
    }

    func enter(_ new: State) {
        state = new
        position = 0
        refreshTime = nil
    }

    /// What the chip holds isn't what was written to it.
    private func lost(_ now: Int64) -> Int64 {
        counters.badRegisters &+= 1
        enter(.identifying)
        return now + 10_000_000
    }

    private func step(_ now: Int64) throws(I2CError) -> Int64 {
        switch state {
        case .identifying:
            guard position < description.identities.count else {
                enter(.resetting)
                return now
            }
            let identity = description.identities[position]
            guard identity.matches(try port.read(identity.register, count: identity.bytes)) else {
                _ = lost(now)
                // Somebody else's chip: it is looked at now and then and never written to.
                return now + 1_000_000_000
            }
            position += 1
            return now
        case .resetting:
            counters.resets &+= 1
            enter(.waiting)
            guard case .conversions = description.readout else { return now }
            try port.write16(ConversionRegisters.configuration, ConversionRegisters.resetBit)
            return now + 1_000_000
        case .waiting:
            guard case .conversions(let registers) = description.readout, registers.resetValue != 0 else {
                enter(.configuring)
                return now
            }
            guard try port.read16(ConversionRegisters.configuration) == registers.resetValue else {
                _ = lost(now)
                return now + 1_000_000_000
            }
            enter(.configuring)
            return now
        case .configuring: return try configure(now)
        case .verifying:
            guard try holdsSettings() else { return lost(now) }
            enter(.running)
            integral.interrupt(at: now)
            hasBegun = false
            lastDataTime = now
            nextCheck = now + 1_000_000_000
            return now
        case .running:
            if now >= nextCheck {
                nextCheck = now + 1_000_000_000
                guard try holdsSettings() else { return lost(now) }
            }
            switch description.readout {
            case .conversions(let registers): return try poll(registers, now)
            case .accumulators(let registers): return try ask(registers, now)
            }
        }
    }

    private func configure(_ now: Int64) throws(I2CError) -> Int64 {
        switch description.readout {
        case .conversions(let registers):
            try port.write16(ConversionRegisters.configuration, word(registers))
        case .accumulators(let registers):
            for setting in registers.settings { try port.write(setting.register, setting.value) }
            try port.write(registers.disableRegister, disabled(registers))
            // They hold from the next refresh on.
            try port.command(registers.refresh)
        }
        enter(.verifying)
        return now + 1_000_000
    }

    private func holdsSettings() throws(I2CError) -> Bool {
        switch description.readout {
        case .conversions(let registers):
            return try port.read16(ConversionRegisters.configuration) == word(registers)
        case .accumulators(let registers):
            for setting in registers.settings {
                guard try port.read(setting.register)[0] & setting.check == setting.value & setting.check else { return false }
            }
            return try port.read(registers.disableRegister)[0] & 0xF0 == disabled(registers)
        }
    }

    private func word(_ registers: ConversionRegisters) -> UInt16 {
        var bits: UInt16 = 0
        for channel in 0..<channels where reads(channel) { bits |= registers.channelBit >> UInt16(channel) }
        return registers.mode | averaging.bits | bits
    }

    private func disabled(_ registers: AccumulatorRegisters) -> UInt8 {
        var bits: UInt8 = 0
        for channel in 0..<channels where !reads(channel) { bits |= registers.disableBit >> UInt8(channel) }
        return bits
    }

    func reads(_ channel: Int) -> Bool { configuration.channelMask & (1 << UInt8(channel)) != 0 }

    /// No new value: soon again, unless the chip has been silent for so long that it must have lost its set-up.
    func wait(_ now: Int64, _ interval: Int64) -> Int64 {
        now - lastDataTime > 5 * periodNanoseconds + 50_000_000 ? lost(now) : now + interval
    }
}
