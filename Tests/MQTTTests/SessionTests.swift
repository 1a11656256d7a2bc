@testable import MQTT
import Platform
import Testing

/// The protocol without a socket, in times that the tests make up.
@Suite struct SessionTests {
    private static let second: Int64 = 1_000_000_000

    private func session(_ queue: MessageQueue, keepAlive: Int = 60) -> Session {
        var settings = ClientSettings(host: "h", port: 1, clientIdentifier: "n", willTopic: "w", willPayload: "offline")
        settings.keepAliveSeconds = keepAlive
        return Session(settings, queue: queue, now: 0)
    }

    /// What it wants to send, taken.
    private func said(_ session: Session) -> [UInt8] {
        let bytes = Array(session.output.waiting)
        session.output.sent(bytes.count)
        return bytes
    }

    private func hear(_ session: Session, _ bytes: [UInt8], at now: Int64 = 0) throws -> Bool {
        try bytes.withUnsafeBytes { try session.receive($0, now: now) }
    }

    @Test func nothingIsSaidBeforeTheBrokerHasAgreed() throws {
        let queue = MessageQueue(capacity: 8), session = session(queue)
        queue.append(topic: "t", payload: "waited", isRetained: false)
        try session.fill(now: 0)
        #expect(said(session)[0] == 0x10)
        #expect(try !hear(session, [0x20, 2, 0]))
        try session.fill(now: 1)
        #expect(said(session).isEmpty && !session.isOpen)
        #expect(try hear(session, [0]))
        session.greet([[0x30, 3, 0, 1, 0x61], [0x30, 3, 0, 1, 0x62]])
        try session.fill(now: 2)
        let first = said(session)
        #expect(Array(first[..<10]) == [0x30, 3, 0, 1, 0x61, 0x30, 3, 0, 1, 0x62])
        #expect(parts(Array(first[10...])).payload == "waited" && !session.isIdle)
        #expect(try !hear(session, [0x40, 2, 0, 1]))
        #expect(session.isIdle && queue.counts == (0, 0, 1))
    }

    @Test func refusalsAreNamed() {
        for (code, word) in [(1, "3.1.1"), (2, "name"), (3, "unavailable"), (4, "password"), (5, "may not connect")] {
            let failure = #expect(throws: Failure.self) { try hear(session(MessageQueue(capacity: 8)), [0x20, 2, 0, UInt8(code)]) }
            #expect(failure?.description.contains(word) == true)
        }
    }

    @Test func packetsAtTheWrongTimeEndIt() throws {
        for bytes: [UInt8] in [[0x40, 2, 0, 1], [0xD0, 0], [0x20, 2, 0, 0, 0x20, 2, 0, 0], [0x20, 2, 0, 0, 0x30, 200]] {
            #expect(throws: Failure.self, "\(bytes)") { try hear(session(MessageQueue(capacity: 8)), bytes) }
        }
    }

    @Test func silenceIsFoundOut() throws {
        let queue = MessageQueue(capacity: 8), mute = session(queue)
        #expect(mute.nextNanoseconds == Session.patienceNanoseconds)
        try mute.fill(now: Session.patienceNanoseconds - 1)
        #expect(throws: Failure.self) { try mute.fill(now: Session.patienceNanoseconds) }

        // Alive: a ping when three quarters of the time have passed, and not another before its answer.
        let quiet = session(queue, keepAlive: 40)
        _ = said(quiet)
        #expect(try hear(quiet, [0x20, 2, 0, 0]))
        try quiet.fill(now: 29 * Self.second)
        #expect(said(quiet).isEmpty && quiet.nextNanoseconds == 30 * Self.second)
        try quiet.fill(now: 30 * Self.second)
        try quiet.fill(now: 31 * Self.second)
        #expect(said(quiet) == [0xC0, 0])
        #expect(try !hear(quiet, [0xD0, 0], at: 32 * Self.second))
        try quiet.fill(now: 60 * Self.second)
        #expect(said(quiet) == [0xC0, 0])
        try quiet.fill(now: 79 * Self.second)
        #expect(throws: Failure.self) { try quiet.fill(now: 80 * Self.second) }
    }

    @Test func aBrokerThatAcknowledgesNothingIsLeft() throws {
        let queue = MessageQueue(capacity: 64), session = session(queue)
        #expect(try hear(session, [0x20, 2, 0, 0]))
        for number in 0..<20 { queue.append(topic: "t", payload: "\(number)", isRetained: false) }
        try session.fill(now: Self.second)
        #expect(try !hear(session, [0x40, 2, 0, 1, 0x40, 2, 0, 2], at: 10 * Self.second))
        try session.fill(now: 29 * Self.second)
        let failure = #expect(throws: Failure.self) { try session.fill(now: 30 * Self.second) }
        #expect(failure?.description.contains("acknowledges nothing") == true && queue.counts == (18, 0, 2))
    }

    private func long(_ letter: String) -> [UInt8] {
        PacketWriter.publish(topic: "g", payload: String(repeating: letter, count: 2000), isRetained: true)
    }

    /// A greeting larger than the buffer goes in pieces as there is room, and nothing overtakes it.
    @Test func aLongGreetingComesWholeAndFirst() throws {
        let queue = MessageQueue(capacity: 8), session = session(queue)
        _ = said(session)
        #expect(try hear(session, [0x20, 2, 0, 0]))
        queue.append(topic: "t", payload: "after", isRetained: false)
        let packets = (0..<20).map { long("\($0 % 10)") }
        session.greet(packets)
        var all: [UInt8] = []
        for _ in 0..<200 {
            try session.fill(now: 0)
            let some = min(700, session.output.waiting.count)
            all += session.output.waiting[..<some]
            session.output.sent(some)
        }
        let greeting = packets.flatMap { $0 }
        #expect(Array(all[..<greeting.count]) == greeting && parts(Array(all[greeting.count...])).payload == "after")
    }

    /// A broker that takes nothing: found out by the ping that finds no room.
    @Test func aBrokerThatReadsNothingIsLeft() throws {
        let session = session(MessageQueue(capacity: 8))
        #expect(try hear(session, [0x20, 2, 0, 0]))
        session.greet((0..<20).map { _ in long("x") })
        try session.fill(now: 0)
        // To the last byte.
        session.output.append { $0.count }
        try session.fill(now: 44 * Self.second)
        #expect(throws: Failure.self) { try session.fill(now: 45 * Self.second) }
    }
}
