import CConsole
import CLinux
import Platform

/// How a client stands with its broker, for people.
public struct ClientStatus {
    public var isConnected = false
    /// Of the newest connection or loss, monotonic nanoseconds.
    public var sinceNanoseconds: Int64
    /// Attempts since then that failed, and why the newest did.
    public var failures = 0
    public var reason = ""
    /// Messages that wait or are under way, that found no room, that the broker has.
    public var waiting = 0, dropped = 0, sent = 0
}

/// Publishes to a broker from a thread of its own. `publish` never waits for anything but a copy; what the broker doesn't take
/// waits in a queue of fixed size. Connects again by itself, at longer and longer intervals.
public final class Client {
    public let settings: ClientSettings
    private let queue: MessageQueue
    private let wake: Int32
    private let greeting: () -> [[UInt8]]
    private let farewell: [[UInt8]]
    private let report: (_ isConnected: Bool, _ reason: String) -> Void
    private let socket = BrokerSocket()
    private var thread: Thread?
    /// Asked to stop; the thread has ended.
    private let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 2)
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 1)
    private let lock = Lock()
    /// Guarded by the lock.
    private var current: ClientStatus
    private var backOff = BackOff()

    private static let connectNanoseconds: Int64 = 10_000_000_000
    /// For what waits at the end, and until the thread is left to itself: a name server may hold it.
    private static let farewellNanoseconds: Int64 = 1_000_000_000
    private static let goodbyeNanoseconds: Int64 = 500_000_000
    private static let endNanoseconds: Int64 = 3_000_000_000
    /// A connection that lasted so long was a good one.
    private static let steadyNanoseconds: Int64 = 10_000_000_000

    /// - Parameters:
    ///   - greeting: packets that are sent with every new connection, before anything else; called on the client's thread.
    ///   - farewell: packets before an orderly end.
    ///   - report: called on the client's thread with every connection, and with every failure whose reason is another than the
    ///     one before.
    /// - Throws: `resource` where the system gives no event descriptor.
    public init(_ settings: ClientSettings, greeting: @escaping () -> [[UInt8]], farewell: [[UInt8]],
                report: @escaping (_ isConnected: Bool, _ reason: String) -> Void) throws(Failure) {
        self.settings = settings
        self.greeting = greeting
        self.farewell = farewell
        self.report = report
        queue = MessageQueue(capacity: settings.queueCapacity)
        current = ClientStatus(sinceNanoseconds: monotonicNanoseconds())
        words.initialize(repeating: 0, count: 2)
        wake = console_wake_open()
        guard wake >= 0 else { throw .system(.resource, "cannot make an event descriptor") }
    }

    deinit {
        if wake >= 0 { close(wake) }
        words.deallocate()
        input.deallocate()
    }

    // MARK: any thread

    /// Queues a message; the oldest goes, counted, where there is no room.
    public func publish(_ topic: String, _ payload: String, isRetained: Bool) {
        queue.append(topic: topic, payload: payload, isRetained: isRetained)
        console_wake_post(wake)
    }

    /// As it is now.
    public var status: ClientStatus {
        lock.lock()
        var status = current
        lock.unlock()
        (status.waiting, status.dropped, status.sent) = queue.counts
        return status
    }

    /// Fails with `resource` where there can be no thread.
    public func start() throws(Failure) {
        thread = try Thread { [self] in
            while !isEnding { serve() }
            linux_store(words + 1, 1)
        }
    }

    /// Sends what waits, for a second at most, and says goodbye.
    public func stop() {
        linux_store(words, 1)
        console_wake_post(wake)
        let end = monotonicNanoseconds() + Self.endNanoseconds
        while linux_load(words + 1) == 0, monotonicNanoseconds() < end { usleep(2000) }
        // Otherwise it ends with the process.
        if linux_load(words + 1) != 0 { thread?.join() }
        thread = nil
    }

    // MARK: the client's thread

    private var isEnding: Bool { linux_load(words) != 0 }

    /// One connection, from the first attempt to its end.
    private func serve() {
        do throws(Failure) {
            try socket.open(settings, wake: wake, nanosecondsEach: Self.connectNanoseconds, isEnding: { isEnding })
            let session = Session(settings, queue: queue, now: monotonicNanoseconds())
            try run(session)
        } catch {
            if !isEnding { failed(error) }
        }
        socket.shut()
        queue.rewind()
        if isEnding { return }
        let end = monotonicNanoseconds() + backOff.next()
        while !isEnding, monotonicNanoseconds() < end {
            _ = linux_wait_readable(wake, max(0, end - monotonicNanoseconds()))
            console_wake_clear(wake)
        }
    }

    private func run(_ session: Session) throws(Failure) {
        var end: Int64?
        while true {
            let now = monotonicNanoseconds()
            if isEnding, end == nil { end = now + Self.farewellNanoseconds }
            if let end, session.isIdle || now >= end { return sayGoodbye(session) }
            try session.fill(now: now)
            try socket.send(session.output)
            let next = min(session.nextNanoseconds, end ?? Int64.max)
            let ready = socket.wait(wake, writes: !session.output.isEmpty, next - monotonicNanoseconds())
            console_wake_clear(wake)
            guard ready.isReadable else { continue }
            let count = try socket.receive(input)
            if try session.receive(UnsafeRawBufferPointer(rebasing: input[..<count]), now: monotonicNanoseconds()) {
                connected()
                session.greet(greeting())
            }
        }
    }

    /// Orderly: the broker keeps the will to itself.
    private func sayGoodbye(_ session: Session) {
        guard session.isOpen else { return }
        for packet in farewell { _ = session.output.append(packet) }
        _ = session.output.append(PacketWriter.disconnect)
        let end = monotonicNanoseconds() + Self.goodbyeNanoseconds
        do throws(Failure) {
            // Until the broker hangs up: what is closed with unread bytes takes back what was sent.
            while monotonicNanoseconds() < end {
                try socket.send(session.output)
                if socket.wait(wake, writes: !session.output.isEmpty, end - monotonicNanoseconds()).isReadable {
                    _ = try socket.receive(input)
                }
                console_wake_clear(wake)
            }
        } catch {}
    }

    private func connected() {
        lock.lock()
        current.isConnected = true
        current.sinceNanoseconds = monotonicNanoseconds()
        current.failures = 0
        current.reason = ""
        lock.unlock()
        report(true, "")
    }

    private func failed(_ failure: Failure) {
        lock.lock()
        let now = monotonicNanoseconds()
        if current.isConnected {
            if now - current.sinceNanoseconds > Self.steadyNanoseconds { backOff.reset() }
            current.sinceNanoseconds = now
        }
        let isNews = current.isConnected || current.reason != failure.description
        current.isConnected = false
        current.failures += 1
        current.reason = failure.description
        lock.unlock()
        if isNews { report(false, failure.description) }
    }
}

/// How long to wait before the next attempt: twice as long each time, up to a minute, and up to a quarter more by chance, so
/// that many devices don't come back in one moment.
struct BackOff {
    private static let first: Int64 = 500_000_000, longest: Int64 = 60_000_000_000
    private var interval = first
    private var random = SplitMix64(seed: UInt64(truncatingIfNeeded: monotonicNanoseconds()))

    mutating func next() -> Int64 {
        defer { interval = min(interval * 2, Self.longest) }
        return interval + Int64(random.next(below: 1000)) * interval / 4000
    }

    mutating func reset() { interval = Self.first }
}
