/// A place where the board's system tells of power or energy, as it was read. What isn't told is nil.
public struct PowerSource: Sendable, Equatable {
    /// Where the numbers come from, the most trustworthy first.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// A sensor that the kernel has a driver for (hwmon).
        case sensor
        /// An energy counter of the processor (powercap, RAPL): the package and its memory, not the board.
        case counter
        /// A battery that is being emptied, or another supply (power_supply).
        case supply
    }

    public var kind: Kind
    /// "hwmon ina226 1", "RAPL package-0", "battery BAT0 (discharging)".
    public var name: String
    public var volts, amperes, watts: Float?
    /// A counter's joules since nobody knows when, and how many there are before it starts again from 0; nil where it never does.
    public var joules, wrapJoules: Double?
    /// What is left in a battery, joules.
    public var remainingJoules: Double?
    /// Why it can't be read; nil where it can.
    public var complaint: String?
    /// What it measures flows into the board: not a battery that is being charged.
    public var isConsumption = true

    public init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }
}

/// Energy by a counter that starts again from 0 now and then.
public struct CountedEnergy: Sendable {
    /// Since the first reading.
    public private(set) var joules = 0.0
    private var last: Double?

    public init() {}

    /// A reading. Where the counter is lower than before, it has started again once: `wrapJoules` after its 0. Whoever reads
    /// less often than it does that loses a round. A counter without a round that falls was reset: counting goes on from there.
    public mutating func take(_ reading: Double, wrapJoules: Double?) {
        defer { last = reading }
        guard let last else { return }
        if reading >= last {
            joules += reading - last
        } else if let wrapJoules, wrapJoules > last {
            joules += wrapJoules - last + reading
        }
    }
}
