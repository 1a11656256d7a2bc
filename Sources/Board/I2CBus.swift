/// What went wrong on an I2C bus, told apart because each asks for another answer: a missing acknowledgement is the
/// chip's, a stuck line is the bus's.
public enum I2CError: Error, Equatable, Sendable {
    /// No chip acknowledged the address or a byte (ENXIO, EREMOTEIO).
    case notAcknowledged
    /// The adapter gave up waiting (ETIMEDOUT).
    case timedOut
    /// Another master won the bus (EAGAIN).
    case arbitrationLost
    /// A line is held low (EBUSY).
    case stuck
    /// The adapter is gone (ENODEV).
    case gone
    /// Any other error number.
    case other(Int32)
}

extension I2CError {
    /// In words, for logs and `status`.
    public var text: String {
        switch self {
        case .notAcknowledged: "no chip acknowledged"
        case .timedOut: "the adapter gave up waiting"
        case .arbitrationLost: "another master won the bus"
        case .stuck: "a line of the bus is held low"
        case .gone: "the adapter is gone"
        case .other(let code): "error \(code)"
        }
    }
}

/// What is asked for when a bus is opened.
public struct BusRequest: Sendable {
    /// "i2c-1" or "/dev/i2c-1".
    public var bus: String
    /// Lines on the bus's own wires, named as in `LineRequest`, which free it from a chip that holds data low: the clock's,
    /// and the data's to end with a stop condition. A simulated bus needs none and takes none.
    public var recoveryClock: String?, recoveryData: String?

    public init(_ bus: String, recoveryClock: String? = nil, recoveryData: String? = nil) {
        self.bus = bus
        self.recoveryClock = recoveryClock
        self.recoveryData = recoveryData
    }
}

/// One I2C bus. A transfer may block for as long as the adapter's own time-out, so a bus that may hang belongs to a
/// thread of its own.
public protocol I2CBus: AnyObject {
    /// Its device file: "/dev/i2c-1".
    var name: String { get }
    /// Writes, then reads with a repeated start, as one transaction; either part may be empty. `address` has 7 bits.
    func transfer(_ address: UInt8, write: UnsafeRawBufferPointer, read: UnsafeMutableRawBufferPointer) throws(I2CError)
    /// Tries to free a bus whose lines are held; fails where they still are.
    func recover() throws(I2CError)
}
