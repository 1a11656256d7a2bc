import Board
import CBoard
import CLinux
import Platform

/// The kernel's watchdog: once opened, the board is reset unless it is fed. Closing without `disarm` leaves it running, so
/// that a firmware that dies is noticed.
final class KernelWatchdog: Watchdog {
    let timeoutSeconds: Int
    private var descriptor: Int32

    /// Nil where there is no such device. Fails with `inputOutput` where another process has it.
    static func open(_ path: String, timeoutSeconds: Int) throws(Failure) -> KernelWatchdog? {
        let descriptor = linux_open(path, O_WRONLY | O_CLOEXEC, 0)
        if descriptor >= 0 { return KernelWatchdog(descriptor, timeoutSeconds: timeoutSeconds) }
        switch linux_errno() {
        case ENOENT, ENODEV, ENXIO: return nil
        case EBUSY:
            throw Failure(.inputOutput,
                          "\(path) is in use, most likely by the service manager (RuntimeWatchdogSec); use its watchdog instead")
        default: throw .system(.inputOutput, "cannot open \(path)")
        }
    }

    private init(_ descriptor: Int32, timeoutSeconds: Int) {
        self.descriptor = descriptor
        let actual = board_watchdog_set_timeout(descriptor, Int32(clamping: max(1, timeoutSeconds)))
        // A driver that tells nothing has been started all the same, with a time of its own.
        self.timeoutSeconds = actual > 0 ? Int(actual) : timeoutSeconds
    }

    func feed() {
        guard descriptor >= 0 else { return }
        _ = board_watchdog_feed(descriptor)
    }

    func disarm() {
        guard descriptor >= 0 else { return }
        var magic = UInt8(ascii: "V")
        _ = write(descriptor, &magic, 1)
        close(descriptor)
        descriptor = -1
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
