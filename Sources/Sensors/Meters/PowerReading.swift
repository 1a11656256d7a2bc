/// What a power monitor measured, and the energy since it was found. Fixed size, no references.
public struct PowerReading: Sendable {
    /// When the newest value was read: the board's monotonic nanoseconds; 0 before the first.
    public var timestampNanoseconds: Int64 = 0
    /// Of each channel, the mean of a conversion; 0 where a channel isn't read.
    public var volts = SIMD4<Float>()
    public var amperes = SIMD4<Float>()
    /// Of all channels together; negative where more flows back than forth.
    public var watts: Float = 0
    /// Watt-seconds since the first value: trapezoids between values, or what the chip added up itself.
    public var joules: Double = 0
    /// For how long that is, and how long nothing was measured meanwhile.
    public var measuredNanoseconds: Int64 = 0, missedNanoseconds: Int64 = 0
    /// Values so far.
    public var samples: UInt64 = 0
    /// At least one channel is at the end of its range: there may be more current than it says.
    public var isSaturated = false
    /// Since when every value has been the same, bit for bit; a converter that works has noise.
    public var unchangedSince: Int64 = 0

    public init() {}
}

/// Energy as the sum of what flowed between values.
struct EnergyIntegral {
    private(set) var joules = 0.0
    private(set) var measuredNanoseconds: Int64 = 0, missedNanoseconds: Int64 = 0
    private var lastTime: Int64 = 0, lastWatts = 0.0
    /// There is a value to go on from; there has been one.
    private var hasValue = false, hasBegun = false
    /// A longer gap isn't bridged: nobody knows what flowed then.
    let longestNanoseconds: Int64

    init(longestNanoseconds: Int64) { self.longestNanoseconds = longestNanoseconds }

    /// A value of a chip that measures points or short means: the trapezoid since the last one.
    mutating func add(watts: Double, at time: Int64) {
        if let span = span(until: time) { take((lastWatts + watts) / 2, span) }
        remember(watts, time)
    }

    /// A mean over all the time since the last value.
    mutating func add(meanWatts watts: Double, at time: Int64) {
        if let span = span(until: time) { take(watts, span) }
        remember(watts, time)
    }

    /// Means are counted from here.
    mutating func begin(at time: Int64) {
        interrupt(at: time)
        (hasValue, hasBegun) = (true, true)
    }

    /// What comes next is not the continuation of what was.
    mutating func interrupt(at time: Int64) {
        if hasBegun { missedNanoseconds += max(0, time - lastTime) }
        lastTime = time
        hasValue = false
    }

    private mutating func span(until time: Int64) -> Int64? {
        guard hasValue, time > lastTime else {
            // After an interruption the time without values goes on until the first.
            if !hasValue, hasBegun { missedNanoseconds += max(0, time - lastTime) }
            return nil
        }
        guard time - lastTime <= longestNanoseconds else {
            missedNanoseconds += time - lastTime
            return nil
        }
        return time - lastTime
    }

    private mutating func take(_ watts: Double, _ span: Int64) {
        joules += watts * Double(span) * 1e-9
        measuredNanoseconds += span
    }

    private mutating func remember(_ watts: Double, _ time: Int64) {
        lastTime = time
        lastWatts = watts
        (hasValue, hasBegun) = (true, true)
    }
}
