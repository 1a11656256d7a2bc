import CLinux

extension Failure {
    /// A failed system call: "cannot open model.nest: No such file or directory". Reads errno, so call it at once.
    public static func system(_ kind: Kind, _ what: String) -> Failure {
        Failure(kind, what + ": " + errorText(linux_errno()))
    }
}

/// The system's words for an error number.
public func errorText(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        linux_error_text(code, buffer.baseAddress!, buffer.count)
        return String(cString: buffer.baseAddress!)
    }
}
