import CLinux

/// Standard output or error. Writes go on after short writes. Once one has failed (a full disk, a reader that has gone
/// away) the rest is dropped: `failure` says why, and `conclude` ends the program with an error.
public struct Output {
    public static let standard = Output(descriptor: 1)
    public static let error = Output(descriptor: 2)

    let descriptor: Int32
    private nonisolated(unsafe) static var standardFailure: Int32 = 0

    /// The error number of the first write to standard output that failed; 0 while all went well. Errors that can't be
    /// shown change nothing: where would one say so.
    public var failure: Int32 { descriptor == 1 ? Self.standardFailure : 0 }

    /// Whether somebody may look at it: a terminal.
    public var isTerminal: Bool { isatty(descriptor) != 0 }

    /// Call once at start: standard input, output and error that are closed fail from then on, instead of becoming
    /// whatever file is opened next.
    public static func keepDescriptors() { linux_reserve_standard_descriptors() }

    /// The program's status at its end: 1 at least where standard output did not take everything, with a line that says
    /// so. A closed pipe is what its reader wanted, and gets no line.
    public static func conclude(_ program: String, status: Int32) -> Int32 {
        var code = standardFailure
        // Some storage says at closing what it didn't take.
        let copy = code == 0 ? dup(1) : -1
        if copy >= 0, close(copy) != 0, linux_errno() != EINTR { code = linux_errno() }
        guard code != 0 else { return status }
        if code != EPIPE { error.line("\(program): cannot write standard output: \(errorText(code))") }
        return max(status, 1)
    }

    /// Writes the text as it is; false once nothing is taken any more.
    @discardableResult
    public func write(_ text: String) -> Bool {
        var copy = text
        return copy.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    /// Writes a line, or several: whatever is in them, none of it can steer a terminal.
    @discardableResult
    public func line(_ text: String) -> Bool { write(ShownText.lines(text) + "\n") }

    @discardableResult
    public func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if failure != 0 { return false }
        var done = 0
        while done < bytes.count {
            let count = CLinux.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count > 0 {
                done += count
            } else if count < 0, linux_errno() == EINTR || linux_errno() == EAGAIN {
                // A console in non-blocking mode: wait until it has room rather than spin.
                if linux_errno() == EAGAIN { usleep(1000) }
            } else {
                if descriptor == 1 { Self.standardFailure = count < 0 ? linux_errno() : EIO }
                return false
            }
        }
        return true
    }
}
