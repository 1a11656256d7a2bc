/// What can be made to go wrong with a simulated bus or its chips. One vocabulary for the rig's control channel, the
/// console and tests; `Fault.help` has the text commands.
public enum Fault: Equatable, Sendable {
    /// The next `count` transfers to the address aren't acknowledged; nil: none until `clear`.
    case notAcknowledged(address: UInt8, count: Int?)
    /// A line held low for a time, or until a recovery clocks the bus free (data line, nil).
    case held(seconds: Double?, line: HeldLine)
    /// The next `count` reads stop half-way: the rest reads as ones.
    case shortRead(address: UInt8, count: Int)
    /// Bits of a register flip; `register` is bank × 256 + address.
    case corrupted(address: UInt8, register: Int, mask: UInt8)
    /// The supply dips: every register has its reset value.
    case reset(address: UInt8)
    /// The FIFO overflows.
    case overflow(address: UInt8)
    /// The interrupt pin toggles without the chip.
    case storm(address: UInt8, seconds: Double, hertz: Double)
    /// The interrupt pin stays as it is; nil: until `clear`.
    case mutedInterrupt(address: UInt8, seconds: Double?)
    /// How much faster than nominal the sample clock runs.
    case drift(address: UInt8, share: Double)
    /// Ends every fault that lasts.
    case clear

    /// Which of the bus's two wires is held low: SDA or SCL.
    public enum HeldLine: UInt8, Sendable { case data, clock }

    /// The chip it concerns.
    public var address: UInt8? {
        switch self {
        case .notAcknowledged(let address, _), .shortRead(let address, _), .corrupted(let address, _, _), .reset(let address),
             .overflow(let address), .storm(let address, _, _), .mutedInterrupt(let address, _), .drift(let address, _):
            return address
        case .held, .clear:
            return nil
        }
    }
}
