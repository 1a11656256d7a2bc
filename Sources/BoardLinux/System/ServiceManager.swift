import Board
import CBoard
import CLinux
import Platform

/// Messages to the service manager (systemd's sd_notify protocol): ready, stopping, alive. The first sign of life also says
/// that the service is ready: what starts after it then finds its sensors at work.
public final class ServiceManager: Watchdog {
    /// The service's time-out: the manager restarts it where `feed` isn't called within it; 0 where it doesn't watch.
    public let timeoutSeconds: Int
    private let socket: Int32
    private var isReady = false

    /// Nil where the process wasn't started by a manager that listens.
    public static func fromEnvironment() -> ServiceManager? {
        guard let address = getenv("NOTIFY_SOCKET") else { return nil }
        let socket = board_notify_open(address)
        guard socket >= 0 else { return nil }
        return ServiceManager(socket, timeoutSeconds: watchedSeconds())
    }

    private init(_ socket: Int32, timeoutSeconds: Int) {
        self.socket = socket
        self.timeoutSeconds = timeoutSeconds
    }

    deinit { close(socket) }

    /// The service has started: what waits for it may start as well.
    public func ready() {
        isReady = true
        send("READY=1")
    }

    /// `systemctl status` shows it.
    public func status(_ text: String) { send("STATUS=" + text) }
    /// The service is ending in order; the manager then waits for the process's end.
    public func stopping() { send("STOPPING=1") }

    public func feed() {
        if !isReady { ready() }
        send("WATCHDOG=1")
    }

    /// The manager goes by the process's end: there is nothing to disarm.
    public func disarm() { stopping() }

    private func send(_ message: StaticString) {
        _ = board_notify_send(socket, message.utf8Start, message.utf8CodeUnitCount)
    }

    private func send(_ message: String) {
        var copy = message
        copy.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { _ = board_notify_send(socket, $0.baseAddress!, $0.count) }
        }
    }

    /// WATCHDOG_USEC, where it is meant for this process; rounded down to seconds, at least 1.
    private static func watchedSeconds() -> Int {
        if let process = variable("WATCHDOG_PID"), process != Int64(getpid()) { return 0 }
        guard let microseconds = variable("WATCHDOG_USEC"), microseconds > 0 else { return 0 }
        return Int(clamping: max(1, microseconds / 1_000_000))
    }

    private static func variable(_ name: String) -> Int64? {
        getenv(name).flatMap { decimalInteger(String(cString: $0)) }
    }
}
