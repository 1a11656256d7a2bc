import CLinux

/// Requests to stop (SIGINT, SIGTERM), counted instead of obeyed, and broken pipes, which become write errors.
public enum Signals {
    /// Call once at start.
    public static func install() { _ = linux_install_signals() }

    public static var stopRequested: Bool { linux_stop_requests() > 0 }
}
