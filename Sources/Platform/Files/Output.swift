import CLinux

/// Standard output or error. Writes go on after short writes; once the reader has gone away (a closed pipe) the rest
/// is dropped and `isClosed` says so, so that a command can end quietly.
public struct Output {
    public static let standard = Output(descriptor: 1)
    public static let error = Output(descriptor: 2)

    let descriptor: Int32

    /// Writes the text; false once nobody reads any more.
    @discardableResult
    public func write(_ text: String) -> Bool {
        var copy = text
        return copy.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    @discardableResult
    public func line(_ text: String) -> Bool { write(text + "\n") }

    @discardableResult
    public func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = CLinux.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count > 0 {
                done += count
            } else if count < 0, linux_errno() == EINTR || linux_errno() == EAGAIN {
                // A console in non-blocking mode: wait until it has room rather than spin.
                if linux_errno() == EAGAIN { usleep(1000) }
            } else {
                return false
            }
        }
        return true
    }
}
