/// A chip on a simulated I2C bus, at the level of bus transactions. Time is handed in, so the same chip serves a
/// board that runs faster than time and the rig's real kernel. Allocates nothing after it is made.
public protocol SimulatedChip: AnyObject {
    /// As on the package: "MPU-6050".
    var name: String { get }
    /// Bytes the master writes after the address; false where the chip doesn't acknowledge.
    func write(_ bytes: UnsafeRawBufferPointer, atNanoseconds now: Int64) -> Bool
    /// Fills all of `bytes`; false where the chip doesn't acknowledge.
    func read(_ bytes: UnsafeMutableRawBufferPointer, atNanoseconds now: Int64) -> Bool
    /// Brings the chip's own sample clock up to `now`.
    func advance(toNanoseconds now: Int64)
    /// When something happens next without the master (a sample, the end of an interrupt's pulse); nil: nothing.
    var nextEventNanoseconds: Int64? { get }
    /// The interrupt pin.
    var pin: InterruptPin { get }
    /// A chip behind this one that answers on the bus itself at `address` while this one lets it (bypass); else nil.
    func passedThrough(_ address: UInt8) -> (any SimulatedChip)?

    // MARK: what goes wrong, on command

    /// As after a dip of the supply: every register has its reset value.
    func powerOnReset(atNanoseconds now: Int64)
    /// Flips the bits of `mask` in a register, as if by a disturbance; `register` is bank × 256 + address. False where
    /// there is no such register.
    func corrupt(register: Int, mask: UInt8) -> Bool
    /// Sets how much faster than nominal the chip's sample clock runs: 0.03 is 3 % fast.
    func setDrift(_ drift: Double, atNanoseconds now: Int64)
    /// Makes the FIFO overflow; false where there is none, or it is off.
    func overflowFIFO(atNanoseconds now: Int64) -> Bool
}

extension SimulatedChip {
    /// Level of the interrupt pin now.
    public var interruptLevel: Bool { pin.level }
    public func passedThrough(_ address: UInt8) -> (any SimulatedChip)? { nil }
    public func overflowFIFO(atNanoseconds now: Int64) -> Bool { false }
}
