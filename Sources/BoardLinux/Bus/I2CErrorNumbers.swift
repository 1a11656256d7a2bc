import Board
import CLinux

extension I2CError {
    /// What an error number of the kernel's I2C layer means (Documentation/i2c/fault-codes). Some drivers report a
    /// missing acknowledgement of data as EREMOTEIO and a full time-out as ETIME.
    public init(errorNumber: Int32) {
        switch errorNumber {
        case ENXIO, EREMOTEIO: self = .notAcknowledged
        case ETIMEDOUT, ETIME: self = .timedOut
        case EAGAIN: self = .arbitrationLost
        case EBUSY: self = .stuck
        case ENODEV, ENOENT, EBADF, ESHUTDOWN: self = .gone
        default: self = .other(errorNumber)
        }
    }
}
