import CLinux
import Glibc
import Platform

/// One end of a pair of connected sockets whose other end a child process gets.
final class SocketEnd {
    let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    /// Two connected ends; closed in children that aren't given one on purpose.
    static func pair() throws(Failure) -> (ours: SocketEnd, theirs: SocketEnd) {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw .system(.resource, "cannot make a pair of sockets")
        }
        return (SocketEnd(descriptor: ends[0]), SocketEnd(descriptor: ends[1]))
    }

    /// Sends everything; false where the other end is gone.
    func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = Glibc.send(descriptor, bytes.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    func send(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { send($0) } }

    /// What has come, waiting for it at most until the deadline (monotonic nanoseconds): empty where nothing came in
    /// time, nil where the other end is gone.
    func receive(untilNanoseconds deadline: Int64, limit: Int = 1 << 16) -> [UInt8]? {
        guard waitForInput(untilNanoseconds: deadline) else { return [] }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &bytes, limit, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return [] }
        guard count > 0 else { return nil }
        bytes.removeLast(limit - count)
        return bytes
    }

    /// True where there is something to read, or the other end is gone.
    func waitForInput(untilNanoseconds deadline: Int64) -> Bool {
        while true {
            let left = max(0, deadline - monotonicNanoseconds())
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = linux_poll(&entry, 1, left)
            if ready > 0 { return true }
            if ready == 0 || errno != EINTR { return false }
        }
    }
}
