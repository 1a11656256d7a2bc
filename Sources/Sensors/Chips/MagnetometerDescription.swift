/// All that the driver knows of a magnetometer, as data.
struct MagnetometerDescription {
    var name: String
    var addresses: [UInt8]
    /// Registers that tell the chip, and what they hold.
    var identities: [(register: UInt8, value: UInt8)]
    var incrementFlag: UInt8 = 0
    var reset: RegisterWrite
    var resetMicroseconds: Int64
    /// Factory's sensitivity adjustment: registers, the write that opens them and the one that closes them.
    var adjustment: (register: UInt8, open: RegisterWrite, close: RegisterWrite)?
    var settings: [RegisterWrite]
    var rateHertz: Float
    /// Where the status stands: read alone first (nil: it is in the burst).
    var statusRegister: UInt8?
    var burstRegister: UInt8
    var burstCount: Int
    var statusIndex: Int
    var readyMask: UInt8
    var dataIndex: Int
    /// Byte in the burst (or the status alone) and mask that say that the field was too strong.
    var overflowIndex: Int
    var overflowMask: UInt8
    /// µT in one count.
    var scale: Float
    /// Rows that turn its axes into those of the accelerometer beside it.
    var axes = Mounting.identity
}
