import Platform

extension Machine {
    /// How a board came up.
    public struct Start {
        /// What the kernel said until it handed over.
        public let kernel: String
        /// Until the prompt, nanoseconds: since the kernel's line about its first process, and since QEMU's start.
        public let afterHandover: Int64, afterStart: Int64

        /// For a figure.
        public var text: String {
            "\(milliseconds(afterHandover, decimals: 0)) after the kernel handed over, \(milliseconds(afterStart, decimals: 0)) after "
                + "QEMU's start"
        }
    }

    /// The kernel says when it hands over in a line of level 6, which a quiet one keeps to itself.
    public static let tellsOfItsStart = "loglevel=7"

    /// Waits for the prompt of a board whose first process is the firmware; its kernel has `tellsOfItsStart`.
    public func waitForPrompt() throws(Failure) -> Start {
        let kernel = try console.wait(for: "Run /init as init process", seconds: 60)
        let handover = monotonicNanoseconds()
        _ = try console.wait(for: "rig> ", seconds: 30)
        let now = monotonicNanoseconds()
        return Start(kernel: kernel, afterHandover: now - handover, afterStart: now - startNanoseconds)
    }
}
