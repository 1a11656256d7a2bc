/// How a simulated chip differs from its data sheet's typical part.
public struct ChipOptions: Sendable {
    public var seed: UInt64 = 1
    /// How much faster than nominal the sample clock runs: −0.03 … 0.03.
    public var drift = 0.0
    /// Standard deviation of a sample's time around its place in the chip's grid.
    public var jitterNanoseconds = 2_000.0
    /// The data sheet's noise densities; without, a sample is the motion rounded.
    public var isNoisy = true
    /// rad/s; nil: drawn by the seed within what the data sheet allows, about 1 °/s.
    public var gyroscopeBias: SIMD3<Double>?
    /// °C
    public var temperatureCelsius = 31.0

    public init() {}
    public init(seed: UInt64) { self.seed = seed }

    /// An ideal part: no noise, drift, jitter or bias.
    public static var ideal: ChipOptions {
        var options = ChipOptions()
        options.jitterNanoseconds = 0
        options.isNoisy = false
        options.gyroscopeBias = .zero
        return options
    }
}

/// What simulated chips share: a register pointer that moves along in bursts, a sample clock, an interrupt pin.
/// A chip overrides what its registers do.
public class RegisterChip: SimulatedChip {
    public let name: String
    public let pin = InterruptPin()
    public let motion: any Motion
    /// Set to follow the chip's true sample times.
    public var trace: SampleTrace?

    let registers: RegisterFile
    /// bank × 256 + address
    var pointer = 0
    var clock: ChipClock
    var random: ChipRandom
    let options: ChipOptions
    /// Where the simulation stands.
    private(set) var time: Int64 = 0
    /// End of the running interrupt pulse; nil without one.
    var pulseEnd: Int64?

    init(name: String, registers: RegisterFile, motion: any Motion, options: ChipOptions) {
        self.name = name
        self.motion = motion
        self.options = options
        self.registers = registers
        random = ChipRandom(seed: options.seed)
        clock = ChipClock(drift: options.drift, jitterNanoseconds: options.jitterNanoseconds)
    }

    // MARK: what chips differ in

    /// A register as the master reads it, with what reading does.
    func load(_ address: Int) -> UInt8 { registers[address] }
    /// A master's write of one register.
    func store(_ address: Int, _ value: UInt8) { registers[address] = registers.merged(address, value) }
    /// Where the pointer goes after `address` in a burst.
    func following(_ address: Int) -> Int { (address & ~0xFF) | ((address + 1) & 0xFF) }
    /// The master's first byte as a register address.
    func select(_ byte: UInt8) -> Int { Int(byte) }
    /// A transaction that read something has ended.
    func endRead() {}
    /// A sample is due.
    func sample(atNanoseconds now: Int64) {}
    /// An interrupt's pulse has ended.
    func pulseEnded(atNanoseconds now: Int64) {}
    /// Everything a reset clears besides the registers.
    func resetState(atNanoseconds now: Int64) {}
    /// False while the chip is not reachable (just powered, or its interface switched off).
    func acknowledges(atNanoseconds now: Int64) -> Bool { true }
    public func passedThrough(_ address: UInt8) -> (any SimulatedChip)? { nil }
    public func overflowFIFO(atNanoseconds now: Int64) -> Bool { false }

    // MARK: the bus

    public func write(_ bytes: UnsafeRawBufferPointer, atNanoseconds now: Int64) -> Bool {
        advance(toNanoseconds: now)
        guard acknowledges(atNanoseconds: now) else { return false }
        guard let first = bytes.first else { return true }
        pointer = select(first)
        for index in 1..<max(1, bytes.count) {
            let address = pointer
            pointer = following(address)
            store(address, bytes[index])
        }
        return true
    }

    public func read(_ bytes: UnsafeMutableRawBufferPointer, atNanoseconds now: Int64) -> Bool {
        advance(toNanoseconds: now)
        guard acknowledges(atNanoseconds: now) else { return false }
        for index in 0..<bytes.count {
            let address = pointer
            pointer = following(address)
            bytes[index] = load(address)
        }
        endRead()
        return true
    }

    // MARK: time

    public var nextEventNanoseconds: Int64? {
        var next = clock.next
        if let pulseEnd { next = min(next ?? pulseEnd, pulseEnd) }
        if let storm = pin.nextEventNanoseconds { next = min(next ?? storm, storm) }
        return next
    }

    public func advance(toNanoseconds now: Int64) {
        // A chip that nobody asked for long has nothing to tell of that time but what its FIFO holds.
        let longest: Int64 = 10_000_000_000
        if now - time > longest, let next = clock.next, now - next > longest { clock.skip(toNanoseconds: now - longest) }
        while let event = nextEventNanoseconds, event <= now {
            time = max(time, event)
            if let end = pulseEnd, end <= event {
                pulseEnd = nil
                pulseEnded(atNanoseconds: end)
            }
            if let due = clock.next, due <= event {
                // The step first: a sample may stop or restart the clock.
                clock.step(&random)
                trace?.add(due)
                sample(atNanoseconds: due)
            }
            pin.advance(toNanoseconds: event)
        }
        time = max(time, now)
    }

    // MARK: faults

    public func powerOnReset(atNanoseconds now: Int64) {
        advance(toNanoseconds: now)
        reset(atNanoseconds: now)
        pointer = 0
    }

    func reset(atNanoseconds now: Int64) {
        registers.reset()
        clock.stop()
        pulseEnd = nil
        pin.drive(false, atNanoseconds: now)
        resetState(atNanoseconds: now)
    }

    public func corrupt(register: Int, mask: UInt8) -> Bool {
        guard registers.has(register) else { return false }
        registers[register] ^= mask
        registerChanged(register)
        return true
    }

    /// A register was changed behind the interface's back.
    func registerChanged(_ address: Int) {}

    public func setDrift(_ drift: Double, atNanoseconds now: Int64) {
        advance(toNanoseconds: now)
        clock.drift = min(max(drift, -0.5), 0.5)
    }
}
