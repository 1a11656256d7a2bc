import Board
import CBoard
import CLinux
import Platform

/// An adapter of Linux, `/dev/i2c-N`, spoken to in combined transfers (I2C_RDWR). A transfer allocates nothing and
/// ends within `timeoutMilliseconds` as far as the adapter's driver keeps it.
public final class LinuxI2CBus: I2CBus {
    public let name: String
    /// A lost arbitration is tried again this often within one transfer.
    static let arbitrationRetries = 2

    private let timeoutMilliseconds: Int
    private let recoveryLines: BusRecoveryLines?
    private var descriptor: Int32

    /// Opens the adapter. Fails with `inputOutput` where it can't be opened, and with `unsupported` where it only
    /// does SMBus commands. `recoveryLines`: GPIO lines on the bus's wires that can clock out a chip that holds data low.
    public init(path: String, timeoutMilliseconds: Int = 50, recoveryLines: BusRecoveryLines? = nil) throws(Failure) {
        name = path
        self.timeoutMilliseconds = timeoutMilliseconds
        self.recoveryLines = recoveryLines
        descriptor = -1
        let code = open()
        guard code == 0 else {
            throw Failure(.inputOutput, "cannot open the I2C bus \(path): " + errorText(code) + Self.advice(code))
        }
        let messages = board_i2c_has_messages(descriptor)
        guard messages == 1 else {
            close(descriptor)
            descriptor = -1
            throw messages < 0
                ? Failure(.inputOutput, "\(path) is not an I2C adapter: " + errorText(-messages))
                : Failure(.unsupported,
                    "the I2C adapter \(path) has no plain I2C transfers (I2C_FUNC_I2C), only SMBus commands; connect the sensors to "
                        + "another bus")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    public func transfer(_ address: UInt8, write: UnsafeRawBufferPointer, read: UnsafeMutableRawBufferPointer) throws(I2CError) {
        guard descriptor >= 0 else { throw .gone }
        var attempt = 0
        while true {
            let code = board_i2c_transfer(descriptor, UInt16(address), write.baseAddress, write.count, read.baseAddress, read.count)
            if code == 0 { return }
            let error = I2CError(errorNumber: code)
            if error == .arbitrationLost || code == EINTR, attempt < Self.arbitrationRetries {
                attempt += 1
                continue
            }
            throw error
        }
    }

    /// Nine clocks where lines are configured, and the adapter opened anew, which makes many drivers set their
    /// hardware up again. Fails with `stuck` where the data line stays low, with `gone` where the adapter is.
    public func recover() throws(I2CError) {
        if let recoveryLines, !recoveryLines.clockOut() { throw .stuck }
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        let code = open()
        if code != 0 { throw I2CError(errorNumber: code) }
    }

    private func open() -> Int32 {
        let result = board_i2c_open(name)
        guard result >= 0 else { return -result }
        descriptor = result
        // Where a driver refuses limits, its own hold.
        _ = board_i2c_set_limits(descriptor, UInt(max(1, (timeoutMilliseconds + 9) / 10)), 1)
        return 0
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case ENOENT: ". Load i2c-dev (modprobe i2c-dev) and switch the bus on in the board's configuration"
        case EACCES, EPERM: ". Add the user to the group i2c, or install the udev rule"
        default: ""
        }
    }
}
