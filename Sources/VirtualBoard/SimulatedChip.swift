/// A chip on a simulated I2C bus, at the level of bus transactions. Time is handed in, so the same chip serves a
/// board that runs faster than time and the rig's real kernel. Allocates nothing after it is made.
public protocol SimulatedChip: AnyObject {
    /// Bytes the master writes after the address; false where the chip doesn't acknowledge.
    func write(_ bytes: UnsafeRawBufferPointer, atNanoseconds now: Int64) -> Bool
    /// Fills all of `bytes`; false where the chip doesn't acknowledge.
    func read(_ bytes: UnsafeMutableRawBufferPointer, atNanoseconds now: Int64) -> Bool
    /// Brings the chip's own sample clock up to `now`.
    func advance(toNanoseconds now: Int64)
    /// When something happens next without the master (a sample, an interrupt); nil: nothing.
    var nextEventNanoseconds: Int64? { get }
    /// Level of the interrupt pin now.
    var interruptLevel: Bool { get }
}
