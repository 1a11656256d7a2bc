import Platform

/// The protocol on one connection, without a socket and without a clock: what the broker says and what time it is go in, bytes
/// for it come out. For one thread.
final class Session {
    /// From the connection until CONNACK, and from a message until its PUBACK, at most.
    static let patienceNanoseconds: Int64 = 20_000_000_000

    let output = OutputBuffer(capacity: 4 * MessageQueue.largestPacket)
    private let queue: MessageQueue
    private var reader = PacketReader()
    private let keepAliveNanoseconds: Int64
    /// The broker has taken the connection.
    private(set) var isOpen = false
    /// What is said before the queue's messages, from `greeted` on.
    private var greeting: [[UInt8]] = []
    private var greeted = 0
    private let began: Int64
    /// When something was written last, when a PINGREQ without an answer was, and since when an acknowledgement is awaited.
    private var lastWrite: Int64
    private var pingAt: Int64?
    private var awaitedSince: Int64?

    init(_ settings: ClientSettings, queue: MessageQueue, now: Int64) {
        self.queue = queue
        keepAliveNanoseconds = Int64(settings.keepAliveSeconds) * 1_000_000_000
        began = now
        lastWrite = now
        queue.rewind()
        _ = output.append(PacketWriter.connect(settings))
    }

    /// Takes what the broker said. True where it has taken the connection just now: `greet` comes next. Fails where it refuses the
    /// connection, or where these are no packets.
    func receive(_ bytes: UnsafeRawBufferPointer, now: Int64) throws(Failure) -> Bool {
        var hasOpened = false
        for byte in bytes {
            guard let packet = try reader.take(byte) else { continue }
            switch packet {
            case .connected(let code):
                guard !isOpen else { throw Failure(.badFormat, "the broker sent a second CONNACK") }
                guard code == 0 else { throw Failure(.inputOutput, "the broker refuses: " + Self.refusal(code)) }
                isOpen = true
                hasOpened = true
            case .acknowledged(let identifier):
                guard isOpen else { throw Failure(.badFormat, "the broker sent a PUBACK before its CONNACK") }
                queue.acknowledge(identifier)
                awaitedSince = queue.unacknowledged > 0 ? now : nil
            case .pingResponse:
                guard isOpen else { throw Failure(.badFormat, "the broker sent a PINGRESP before its CONNACK") }
                pingAt = nil
            }
        }
        return hasOpened
    }

    /// What is said first, before anything that waited.
    func greet(_ packets: [[UInt8]]) {
        greeting = packets
        greeted = 0
    }

    /// Writes what is due. Fails where the broker has been silent for too long.
    func fill(now: Int64) throws(Failure) {
        guard isOpen else {
            guard now - began < Self.patienceNanoseconds else { throw Failure(.inputOutput, "the broker doesn't answer") }
            return
        }
        var isFull = false
        while greeted < greeting.count, !isFull {
            // What fits into no buffer is said by nobody.
            isFull = greeting[greeted].count <= MessageQueue.largestPacket && !output.append(greeting[greeted])
            if isFull { break }
            greeted += 1
            lastWrite = now
        }
        while !isFull {
            output.append { room in
                let length = queue.takeNext(room)
                isFull = length == 0
                return length
            }
            if !isFull {
                lastWrite = now
                if awaitedSince == nil { awaitedSince = now }
            }
        }
        if now - lastWrite >= keepAliveNanoseconds * 3 / 4, pingAt == nil {
            guard output.append(PacketWriter.pingRequest) else { throw Failure(.inputOutput, "the broker takes nothing any more") }
            lastWrite = now
            pingAt = now
        }
        if let since = awaitedSince, now - since >= Self.patienceNanoseconds {
            throw Failure(.inputOutput, "the broker acknowledges nothing")
        }
        if let since = pingAt, now - since >= min(Self.patienceNanoseconds, keepAliveNanoseconds) {
            throw Failure(.inputOutput, "the broker has gone silent")
        }
    }

    /// When `fill` is to be called at the latest.
    var nextNanoseconds: Int64 {
        guard isOpen else { return began + Self.patienceNanoseconds }
        var next = pingAt.map { $0 + min(Self.patienceNanoseconds, keepAliveNanoseconds) } ?? lastWrite + keepAliveNanoseconds * 3 / 4
        if let since = awaitedSince { next = min(next, since + Self.patienceNanoseconds) }
        return next
    }

    /// All that waited was said and acknowledged.
    var isIdle: Bool { isOpen && greeted == greeting.count && output.isEmpty && queue.counts.waiting == 0 }

    /// CONNACK's codes (3.2.2.3).
    private static func refusal(_ code: UInt8) -> String {
        switch code {
        case 1: "it has no MQTT 3.1.1"
        case 2: "it does not take this device's name"
        case 3: "its server is unavailable"
        case 4: "user or password is wrong"
        default: "this user may not connect"
        }
    }
}
