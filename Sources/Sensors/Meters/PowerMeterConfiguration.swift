/// How a power monitor is wanted.
public struct PowerMeterConfiguration: Sendable {
    /// What logs and `power` call it: the rail that it measures.
    public var name = "meter"
    /// Named, or nil: the first that answers on the bus and tells who it is.
    public var chip: PowerMeterChip?
    /// Seven bits; nil: any of the chip's addresses.
    public var address: UInt8?
    /// Of the resistor that the current flows through, ohms; the same for every channel.
    public var shuntOhms: Float = 0
    /// Numbers of the rails that are read and added up, from 1; a bit each, the first the lowest.
    public var channelMask: UInt8 = 1
    /// Readings a second, at most; the chip averages over nearly all of the time between.
    public var rateHertz: Float = 10

    public init() {}

    /// Most channels of any chip.
    public static let maximumChannels = 4
}
