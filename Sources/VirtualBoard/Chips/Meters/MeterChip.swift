/// What simulated power monitors share: rails, a clock of their own, faults. A chip overrides what its registers do.
///
/// Nothing here may come from the drivers' descriptions (module Sensors): a number read wrong would be wrong on both sides.
public class MeterChip: SimulatedChip {
    public let name: String
    /// Alert outputs aren't simulated: it never moves.
    public let pin = InterruptPin()
    /// Conversions go on and their results don't change: a converter that has died.
    public var isStuck = false

    let options: ChipOptions
    let loads: [any ElectricalLoad]
    let shuntOhms: Double
    var clock: ChipClock
    var random: ChipRandom
    /// Where the simulation stands.
    private(set) var time: Int64 = 0

    /// - Parameters:
    ///   - loads: of the rails, channel 1 first.
    ///   - shuntOhms: the resistor at every channel.
    init(name: String, loads: [any ElectricalLoad], shuntOhms: Double, options: ChipOptions) {
        self.name = name
        self.loads = loads
        self.shuntOhms = shuntOhms
        self.options = options
        random = ChipRandom(seed: options.seed)
        clock = ChipClock(drift: options.drift, jitterNanoseconds: 0)
    }

    // MARK: what chips differ in

    /// The bytes after the address.
    func take(_ bytes: UnsafeRawBufferPointer) {}
    /// What the master reads from where the pointer stands.
    func give(_ bytes: UnsafeMutableRawBufferPointer) {}
    /// A conversion has ended.
    func sample(atNanoseconds now: Int64) {}
    /// Registers as after power-on.
    func reset(atNanoseconds now: Int64) {}
    /// Flips bits of a register; `register` is byte × 256 + address, byte 0 the least significant.
    public func corrupt(register: Int, mask: UInt8) -> Bool { false }

    /// Volts over a channel's shunt and at its rail.
    func voltages(_ channel: Int, atNanoseconds time: Int64) -> (shunt: Double, bus: Double) {
        let state = loads[channel].state(atNanoseconds: time)
        return (state.amperes * shuntOhms, state.volts)
    }

    /// A voltage as counts of a converter: noise of half a count, rounded, kept within its range.
    func counts(_ volts: Double, perCount: Double, _ range: ClosedRange<Double>) -> Double {
        let noise = options.isNoisy ? random.normal() * 0.5 : 0
        return min(max((volts / perCount + noise).rounded(), range.lowerBound), range.upperBound)
    }

    // MARK: the bus

    public func write(_ bytes: UnsafeRawBufferPointer, atNanoseconds now: Int64) -> Bool {
        advance(toNanoseconds: now)
        take(bytes)
        return true
    }

    public func read(_ bytes: UnsafeMutableRawBufferPointer, atNanoseconds now: Int64) -> Bool {
        advance(toNanoseconds: now)
        give(bytes)
        return true
    }

    // MARK: time

    public var nextEventNanoseconds: Int64? { clock.next }

    public func advance(toNanoseconds now: Int64) {
        // Nobody asked for so long: what was measured meanwhile is lost.
        let longest: Int64 = 60_000_000_000
        if let next = clock.next, now - next > longest { clock.skip(toNanoseconds: now - longest) }
        while let due = clock.next, due <= now {
            time = max(time, due)
            // The step first: a sample may stop or restart the clock.
            clock.step(&random)
            sample(atNanoseconds: due)
        }
        time = max(time, now)
    }

    // MARK: faults

    public func powerOnReset(atNanoseconds now: Int64) {
        advance(toNanoseconds: now)
        reset(atNanoseconds: now)
    }

    public func setDrift(_ drift: Double, atNanoseconds now: Int64) {
        advance(toNanoseconds: now)
        clock.drift = min(max(drift, -0.5), 0.5)
    }
}
