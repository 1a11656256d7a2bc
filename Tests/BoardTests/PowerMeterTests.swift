import Board
import CLinux
import Platform
@testable import Sensors
import Testing
@testable import VirtualBoard

/// A simulated board in fast time with one power monitor, and the driver that reads it.
private final class MeterSession {
    let board = SimulatedBoard(fast: true)
    let bus: SimulatedBus
    let chip: MeterChip
    let meter: PowerMeter
    private let waits: WaitSet

    init(_ kind: PowerMeterChip, loads: [any ElectricalLoad], shuntOhms: Double = 0.01, options: ChipOptions = ChipOptions(seed: 5),
         change: (inout PowerMeterConfiguration) -> Void = { _ in }) throws {
        bus = board.addBus("/dev/i2c-1")
        chip = kind.simulated(loads: loads, shuntOhms: shuntOhms, options: options)
        bus.attach(chip, at: kind.addresses.lowerBound)
        waits = try board.makeWaitSet([])
        var configuration = PowerMeterConfiguration()
        configuration.chip = kind
        configuration.shuntOhms = Float(shuntOhms)
        configuration.channelMask = UInt8((1 << kind.channels) - 1)
        change(&configuration)
        meter = try PowerMeter(configuration: configuration, bus: bus)
    }

    /// The sensors' thread, for a while.
    func run(seconds: Double, _ look: () -> Void = {}) {
        let end = board.now() + Int64(seconds * 1e9)
        while board.now() < end {
            let next = meter.update(now: board.now())
            look()
            _ = waits.wait(untilNanoseconds: min(next, end))
        }
    }

    var faults: UInt32 {
        let all = meter.counters
        return all.notAcknowledged + all.timeouts + all.otherBusErrors + all.badRegisters + all.overflows
    }
}

/// Steps, ramps and bursts between 0.3 and 2.4 A on a rail of 5 V that sags; what it takes is known exactly.
private func trace() -> ScriptedLoad {
    ScriptedLoad([
        .init(0, volts: 5.1, amperes: 0.3), .init(1.3, volts: 5.1, amperes: 0.3), .init(1.3, volts: 5.02, amperes: 1.8),
        .init(2.9, volts: 4.98, amperes: 2.4), .init(3.1, volts: 5.08, amperes: 0.5), .init(5, volts: 5.05, amperes: 1.1),
    ])
}

private func rails(_ chip: PowerMeterChip) -> [any ElectricalLoad] {
    // Each channel another load, so that none can be taken for another.
    let others: [any ElectricalLoad] = [SteadyLoad(volts: 3.3, amperes: 0.7), SteadyLoad(volts: 1.8, amperes: 1.2),
                                        SteadyLoad(volts: 1.1, amperes: 2.1)]
    return [trace()] + others.prefix(chip.channels - 1)
}

private func watts(_ chip: PowerMeterChip) -> Double {
    trace().joulesOfOneRound / 5 + [3.3 * 0.7, 1.8 * 1.2, 1.1 * 2.1].prefix(chip.channels - 1).reduce(0, +)
}

@Suite struct PowerMeterTests {
    /// Converters that round to 10 µV (INA219) or 40 µV (INA3221), with half a count of noise, average it away.
    @Test(arguments: PowerMeterChip.allCases, [0.0, 0.02, -0.02])
    func energyIsTheTracesIntegral(_ chip: PowerMeterChip, drift: Double) throws {
        var options = ChipOptions(seed: 7)
        options.drift = drift
        let session = try MeterSession(chip, loads: rails(chip), options: options)
        // From a round's beginning, and whole rounds of it.
        session.run(seconds: 5)
        let before = session.meter.reading
        session.run(seconds: 60)
        let after = session.meter.reading
        let joules = after.joules - before.joules
        let seconds = Double(after.measuredNanoseconds - before.measuredNanoseconds) * 1e-9
        let error = joules / (watts(chip) * seconds) - 1
        print("figure: \(chip.name), clock \(fixed(drift * 100, decimals: 0)) %: \(fixed(joules, decimals: 3)) J in "
              + "\(fixed(seconds, decimals: 2)) s, \(fixed(error * 100, decimals: 3)) % off the trace's integral")
        #expect(abs(error) < 0.002, "\(chip.name): \(error * 100) %")
        #expect(abs(seconds - 60) < 0.3 && after.missedNanoseconds == before.missedNanoseconds)
        #expect(session.faults == 0, "\(chip.name): \(session.meter.counters)")
    }

    @Test(arguments: PowerMeterChip.allCases)
    func channelsHaveTheirOwnValues(_ chip: PowerMeterChip) throws {
        let loads: [any ElectricalLoad] = [SteadyLoad(volts: 5, amperes: 1.5), SteadyLoad(volts: 3.3, amperes: 0.7),
                                           SteadyLoad(volts: 1.8, amperes: 1.2), SteadyLoad(volts: 12, amperes: 0.25)]
        let session = try MeterSession(chip, loads: Array(loads.prefix(chip.channels)))
        session.run(seconds: 2)
        let reading = session.meter.reading
        for channel in 0..<chip.channels {
            let state = loads[channel].state(atNanoseconds: 0)
            #expect(abs(Double(reading.volts[channel]) - state.volts) < 0.006, "\(chip.name) \(channel): \(reading.volts)")
            #expect(abs(Double(reading.amperes[channel]) - state.amperes) < 0.003, "\(chip.name) \(channel): \(reading.amperes)")
        }
        #expect(reading.samples > 15 && !reading.isSaturated)
    }

    @Test func onlyTheChannelsAskedForAreRead() throws {
        for (chip, mask) in [(PowerMeterChip.ina3221, UInt8(0b101)), (.pac1934, 0b1010)] {
            let loads: [any ElectricalLoad] = (1...chip.channels).map { SteadyLoad(volts: 5, amperes: Double($0) * 0.2) }
            let session = try MeterSession(chip, loads: loads) { $0.channelMask = mask }
            session.run(seconds: 1)
            let reading = session.meter.reading
            var watts = 0.0
            for channel in 0..<chip.channels {
                let isRead = mask & (1 << UInt8(channel)) != 0
                #expect((reading.amperes[channel] != 0) == isRead, "\(chip.name): \(reading.amperes)")
                if isRead { watts += Double(channel + 1) }
            }
            #expect(abs(Double(reading.watts) - watts) < 0.01, "\(chip.name): \(reading.watts) W of \(watts)")
        }
    }

    /// A battery that is charged: current, power and energy have a sign.
    @Test(arguments: PowerMeterChip.allCases)
    func currentThatFlowsBackIsNegative(_ chip: PowerMeterChip) throws {
        let session = try MeterSession(chip, loads: (1...chip.channels).map { _ in SteadyLoad(volts: 4, amperes: -0.5) })
        session.run(seconds: 3)
        let reading = session.meter.reading, watts = -2.0 * Double(chip.channels)
        #expect(abs(Double(reading.watts) - watts) < 0.03, "\(chip.name): \(reading.watts)")
        #expect(abs(reading.joules / (Double(reading.measuredNanoseconds) * 1e-9) - watts) < 0.03)
    }

    @Test(arguments: PowerMeterChip.allCases)
    func theEndOfTheRangeIsTold(_ chip: PowerMeterChip) throws {
        let session = try MeterSession(chip, loads: (1...chip.channels).map { _ in SteadyLoad(volts: 5, amperes: 60) })
        session.run(seconds: 2)
        #expect(session.meter.reading.isSaturated, "\(chip.name): \(session.meter.reading.amperes)")
    }

    @Test(arguments: PowerMeterChip.allCases)
    func aConverterThatDiedIsSeenByItsValues(_ chip: PowerMeterChip) throws {
        let session = try MeterSession(chip, loads: (1...chip.channels).map { _ in SteadyLoad(volts: 5.003, amperes: 1.2344) })
        session.run(seconds: 10)
        let alive = session.meter.reading
        #expect(alive.timestampNanoseconds - alive.unchangedSince < 9_000_000_000, "\(chip.name)")
        session.chip.isStuck = true
        session.run(seconds: 70)
        let dead = session.meter.reading
        #expect(dead.timestampNanoseconds - dead.unchangedSince > 65_000_000_000, "\(chip.name)")
    }

    @Test(arguments: PowerMeterChip.allCases)
    func faultsOfTheBusAreSurvivedAndCounted(_ chip: PowerMeterChip) throws {
        let session = try MeterSession(chip, loads: (1...chip.channels).map { _ in SteadyLoad(volts: 5, amperes: 1) })
        let address = chip.addresses.lowerBound
        session.run(seconds: 2)
        try session.board.apply(.notAcknowledged(address: address, count: 4))
        session.run(seconds: 2)
        #expect(session.meter.counters.notAcknowledged == 4 && session.meter.state == .running, "\(chip.name): \(session.meter.counters)")
        try session.board.apply(.held(seconds: nil, line: .data))
        session.run(seconds: 2)
        #expect(session.meter.counters.busRecoveries == 1 && session.meter.state == .running, "\(chip.name): \(session.meter.counters)")
        // A dip of the supply: the set-up is gone, and that is noticed within about a second.
        let resets = session.meter.counters.resets
        try session.board.apply(.reset(address: address))
        session.run(seconds: 3)
        #expect(session.meter.counters.resets > resets && session.meter.state == .running, "\(chip.name): \(session.meter.counters)")
        // Gone for a while: nobody makes up what flowed then.
        let before = session.meter.reading
        try session.board.apply(.notAcknowledged(address: address, count: nil))
        session.run(seconds: 20)
        #expect(session.meter.state != .running)
        try session.board.apply(.clear)
        session.run(seconds: 5)
        let after = session.meter.reading
        #expect(session.meter.state == .running && after.samples > before.samples)
        let missed = Double(after.missedNanoseconds - before.missedNanoseconds) * 1e-9
        let measured = Double(after.measuredNanoseconds - before.measuredNanoseconds) * 1e-9
        #expect(missed > 19 && missed < 22 && abs(missed + measured - 25) < 0.5, "\(chip.name): \(missed) s missed, \(measured) s measured")
        #expect(abs((after.joules - before.joules) / measured - 5 * Double(chip.channels)) < 0.1, "\(chip.name)")
    }

    @Test func aStrangerIsNotTakenForAMeterAndNotWrittenTo() throws {
        let board = SimulatedBoard(fast: true)
        let bus = board.addBus("/dev/i2c-1")
        // Something else at the address: a chip with registers of its own.
        bus.attach(LIS3MDLChip(motion: StillMotion()), at: 0x40)
        var configuration = PowerMeterConfiguration()
        configuration.shuntOhms = 0.01
        for chip in [nil, PowerMeterChip.ina226, .ina3221] {
            configuration.chip = chip
            let text = failure { _ = try PowerMeter(configuration: configuration, bus: bus) }
            #expect(text?.contains("answers on /dev/i2c-1") == true, "\(text ?? "found")")
        }
        configuration.chip = .pac1934
        #expect(failure { _ = try PowerMeter(configuration: configuration, bus: bus) } != nil, "nobody is there")
    }

    @Test func autoFindsWhoTellsItsName() throws {
        for chip in PowerMeterChip.allCases where chip.tellsIdentity {
            let board = SimulatedBoard(fast: true)
            let bus = board.addBus("/dev/i2c-1")
            bus.attach(chip.simulated(loads: rails(chip), shuntOhms: 0.1), at: chip.addresses.upperBound)
            var configuration = PowerMeterConfiguration()
            configuration.shuntOhms = 0.1
            let meter = try PowerMeter(configuration: configuration, bus: bus)
            #expect(meter.chip == chip && meter.address == chip.addresses.upperBound)
        }
        var configuration = PowerMeterConfiguration()
        configuration.chip = .ina226
        configuration.channelMask = 0b10
        configuration.shuntOhms = 0.1
        let bus = SimulatedBoard(fast: true).addBus("/dev/i2c-1")
        bus.attach(INAChip.ina226(trace(), shuntOhms: 0.1), at: 0x40)
        #expect(failure { _ = try PowerMeter(configuration: configuration, bus: bus) } == "the INA226 has channels 1 to 1")
    }

    /// A chip that loses its identity while it is read (another one was plugged in) is left alone from then on.
    @Test func anotherChipInItsPlaceIsLeftAlone() throws {
        let session = try MeterSession(.ina226, loads: [SteadyLoad(volts: 5, amperes: 1)])
        session.run(seconds: 1)
        let other = session.board.addBus("/dev/i2c-9")
        let stranger = LIS3MDLChip(motion: StillMotion())
        other.attach(stranger, at: 0x40)
        var configuration = PowerMeterConfiguration()
        configuration.chip = .ina219
        configuration.address = 0x40
        configuration.shuntOhms = 0.01
        // It acknowledges, and an INA219 can't tell its name: after the reset its configuration does.
        let meter = try PowerMeter(configuration: configuration, bus: other)
        var now = session.board.now()
        for _ in 0..<50 { now = max(now + 1_000_000, meter.update(now: now)) }
        #expect(meter.state != .running && meter.counters.badRegisters > 0 && meter.reading.samples == 0)
    }

    /// In a process of its own: other tests allocate beside this one.
    @Test func steadyStateAllocatesNothing() async {
        await #expect(processExitsWith: .success) {
            for chip in PowerMeterChip.allCases {
                let session = try MeterSession(chip, loads: rails(chip)) { $0.rateHertz = 100 }
                session.run(seconds: 2)
                let samples = session.meter.reading.samples
                // What a run allocates shows in every window; what the runtime does once doesn't.
                var least = Int.max
                for _ in 0..<5 {
                    let before = Int(linux_heap_bytes())
                    session.run(seconds: 2)
                    least = min(least, abs(Int(linux_heap_bytes()) - before))
                }
                try #require(least == 0)
                try #require(session.meter.reading.samples > samples + 500)
            }
        }
    }
}
