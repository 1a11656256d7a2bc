import CLinux

/// Requests to stop (SIGINT, SIGTERM), counted instead of obeyed, and broken pipes, which become write errors.
public enum Signals {
    /// Call once at start.
    public static func install() { _ = linux_install_signals() }

    /// Broken pipes alone become write errors.
    public static func ignoreBrokenPipes() { linux_ignore_broken_pipes() }

    /// Whether SIGINT or SIGTERM came since `install`; it stays so.
    public static var stopRequested: Bool { linux_stop_requests() > 0 }
}
