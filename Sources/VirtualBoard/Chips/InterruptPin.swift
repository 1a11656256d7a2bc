/// A chip's interrupt output. It stands between the chip and the line it is wired to, so that interrupts can go
/// missing or come in storms without the chip's knowledge.
public final class InterruptPin {
    /// What the wire carries.
    public private(set) var level = false
    /// Where changes go, with their times; set by whoever wires the chip.
    public var line: SimulatedLine? {
        // A pin that idles high pulls its line up from the start.
        didSet { line?.drive(level, atNanoseconds: 0) }
    }
    /// Rising and falling edges so far that reached the wire.
    public private(set) var changes: UInt64 = 0
    private var driven = false
    private var mutedUntil = Int64.min

    private var stormUntil = Int64.min
    private var stormNext = Int64.max
    private var stormHalfPeriod: Int64 = 0

    public init() {}

    func drive(_ newLevel: Bool, atNanoseconds now: Int64) {
        driven = newLevel
        if now >= mutedUntil { put(newLevel, now) }
    }

    private func put(_ newLevel: Bool, _ now: Int64) {
        guard newLevel != level else { return }
        level = newLevel
        changes &+= 1
        line?.drive(newLevel, atNanoseconds: now)
    }

    /// The wire keeps its level until then.
    func mute(untilNanoseconds end: Int64) { mutedUntil = end }

    /// Edges that the chip doesn't know of, until then.
    func storm(fromNanoseconds now: Int64, untilNanoseconds end: Int64, hertz: Double) {
        stormHalfPeriod = max(1_000, Int64(0.5e9 / hertz))
        stormUntil = end
        stormNext = now + stormHalfPeriod
    }

    func endFaults(atNanoseconds now: Int64) {
        mutedUntil = .min
        stormNext = .max
        put(driven, now)
    }

    var nextEventNanoseconds: Int64? { stormNext == .max ? nil : stormNext }

    func advance(toNanoseconds now: Int64) {
        while stormNext <= now {
            if stormNext >= stormUntil {
                put(driven, stormNext)
                stormNext = .max
            } else {
                put(!level, stormNext)
                stormNext += stormHalfPeriod
            }
        }
    }
}
