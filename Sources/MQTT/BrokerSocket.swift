import CLinux
import CNetwork
import Platform

/// A connection to a broker that never blocks, apart from looking up its name. For one thread.
final class BrokerSocket {
    /// -1: closed.
    private(set) var descriptor: Int32 = -1
    private static let mostAddresses = 8

    deinit { shut() }

    func shut() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Looks up the name and tries one address after the other, each for so long. Fails with `inputOutput` where none answers, and
    /// with `resource` where `isEnding` is true meanwhile.
    func open(_ settings: ClientSettings, wake: Int32, nanosecondsEach: Int64, isEnding: () -> Bool) throws(Failure) {
        shut()
        let found = UnsafeMutablePointer<network_address>.allocate(capacity: Self.mostAddresses)
        defer { found.deallocate() }
        let count = network_resolve(settings.host, "\(settings.port)", found, Int32(Self.mostAddresses))
        guard count > 0 else { throw Failure(.inputOutput, "\(settings.host): \(String(cString: network_resolve_error(count)))") }
        var failure = Failure(.inputOutput, "no address")
        for index in 0..<Int(count) {
            do throws(Failure) {
                return try connect(found + index, wake, nanosecondsEach, isEnding)
            } catch {
                failure = error
                shut()
            }
        }
        throw failure
    }

    private func connect(_ address: UnsafePointer<network_address>, _ wake: Int32, _ nanoseconds: Int64, _ isEnding: () -> Bool)
        throws(Failure) {
        descriptor = network_connect(address)
        guard descriptor >= 0 else { throw Failure(.inputOutput, errorText(linux_errno())) }
        let end = monotonicNanoseconds() + nanoseconds
        while true {
            guard !isEnding() else { throw Failure(.resource, "ending") }
            let left = end - monotonicNanoseconds()
            guard left > 0 else { throw Failure(.inputOutput, errorText(ETIMEDOUT)) }
            let ready = wait(wake, writes: true, left)
            guard ready.isWritable || ready.isReadable else { continue }
            let code = network_connect_error(descriptor)
            guard code == 0 else { throw Failure(.inputOutput, errorText(code)) }
            return
        }
    }

    /// Sleeps until there is something to do, `wake` is posted to, or the time has passed. Errors are readable.
    func wait(_ wake: Int32, writes: Bool, _ nanoseconds: Int64) -> (isReadable: Bool, isWritable: Bool) {
        withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { entries in
            entries[0] = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
            entries[1] = pollfd(fd: descriptor, events: Int16(POLLIN) | (writes ? Int16(POLLOUT) : 0), revents: 0)
            guard linux_poll(entries.baseAddress!, 2, max(0, nanoseconds)) > 0 else { return (false, false) }
            let events = entries[1].revents
            return (events & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0, events & Int16(POLLOUT) != 0)
        }
    }

    /// Sends what the system takes now. Fails where the connection is broken.
    func send(_ output: OutputBuffer) throws(Failure) {
        while !output.isEmpty {
            let waiting = output.waiting
            let count = network_send(descriptor, waiting.baseAddress, waiting.count)
            if count > 0 {
                output.sent(count)
                continue
            }
            let code = linux_errno()
            if code == EAGAIN || code == EINTR { return }
            throw Failure(.inputOutput, errorText(code))
        }
    }

    /// Takes what has come, into the buffer; how many bytes, 0 where there are none yet. Fails where the connection is broken or
    /// ended.
    func receive(_ buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        let count = network_receive(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 { return count }
        guard count < 0 else { throw Failure(.inputOutput, "the broker closed the connection") }
        let code = linux_errno()
        guard code == EAGAIN || code == EINTR else { throw Failure(.inputOutput, errorText(code)) }
        return 0
    }
}
