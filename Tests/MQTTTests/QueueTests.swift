@testable import MQTT
import Testing

/// The next packet that is to be sent; nil where there is none.
func take(_ queue: MessageQueue) -> [UInt8]? {
    var room = [UInt8](repeating: 0, count: MessageQueue.largestPacket)
    let count = room.withUnsafeMutableBufferPointer { queue.takeNext($0) }
    return count == 0 ? nil : Array(room[..<count])
}

/// Identifier and payload of a PUBLISH of quality of service 1, read plainly.
func parts(_ packet: [UInt8]) -> (topic: String, identifier: UInt16, payload: String, isAgain: Bool, isRetained: Bool) {
    var at = 1, remaining = 0, shift = 0
    repeat {
        remaining |= Int(packet[at] & 0x7F) << shift
        shift += 7
        at += 1
    } while packet[at - 1] >= 0x80
    #expect(at + remaining == packet.count && packet[0] & 0xF6 == 0x32)
    let length = Int(packet[at]) << 8 | Int(packet[at + 1])
    let topic = String(decoding: packet[(at + 2)..<(at + 2 + length)], as: UTF8.self)
    at += 2 + length
    return (topic, UInt16(packet[at]) << 8 | UInt16(packet[at + 1]), String(decoding: packet[(at + 2)...], as: UTF8.self),
            packet[0] & 8 != 0, packet[0] & 1 != 0)
}

@Suite struct QueueTests {
    @Test func theOldestGoWhereThereIsNoRoom() throws {
        let queue = MessageQueue(capacity: 8)
        for number in 0..<20 { queue.append(topic: "t", payload: "\(number)", isRetained: false) }
        #expect(queue.counts == (8, 12, 0))
        for number in 12..<20 { #expect(parts(try #require(take(queue))).payload == "\(number)") }
        #expect(take(queue) == nil)
    }

    @Test func whatIsntAcknowledgedIsSentAgainAndSaysSo() throws {
        let queue = MessageQueue(capacity: 64)
        for number in 0..<20 { queue.append(topic: "t", payload: "\(number)", isRetained: true) }
        var sent: [UInt16] = []
        while let packet = take(queue) {
            #expect(!parts(packet).isAgain && parts(packet).isRetained)
            sent.append(parts(packet).identifier)
        }
        #expect(sent.count == MessageQueue.window)
        // In another order: the first stay until the very first is there.
        queue.acknowledge(sent[1])
        #expect(queue.counts == (20, 0, 0))
        queue.acknowledge(sent[0])
        #expect(queue.counts == (18, 0, 2))
        queue.acknowledge(sent[0])
        queue.acknowledge(9999)
        #expect(queue.counts == (18, 0, 2))
        queue.rewind()
        var again: [String] = []
        while let packet = take(queue) {
            again.append(parts(packet).payload + (parts(packet).isAgain ? " again" : ""))
            queue.acknowledge(parts(packet).identifier)
        }
        #expect(again == (2..<16).map { "\($0) again" } + (16..<20).map { "\($0)" })
        #expect(queue.counts == (0, 0, 20))
    }

    @Test func aMessageUnderWayThatIsDroppedMayBeAcknowledgedYet() throws {
        let queue = MessageQueue(capacity: 8)
        for number in 0..<8 { queue.append(topic: "t", payload: "\(number)", isRetained: false) }
        let first = parts(try #require(take(queue))), second = parts(try #require(take(queue)))
        queue.append(topic: "t", payload: "8", isRetained: false)
        #expect(queue.counts == (8, 1, 0) && queue.unacknowledged == 1)
        queue.acknowledge(first.identifier)
        #expect(queue.counts == (8, 1, 0))
        queue.acknowledge(second.identifier)
        #expect(queue.counts == (7, 1, 1))
        #expect(parts(try #require(take(queue))).payload == "2")
    }

    /// Lengths that go round the ring, against a plain list.
    @Test func packetsOfAllLengthsComeBackWhole() throws {
        var state: UInt64 = 5
        func random(_ bound: Int) -> Int {
            state = state &* 6364136223846793005 &+ 1442695040888963407
            return Int(state >> 33) % bound
        }
        let queue = MessageQueue(capacity: 16)
        var expected: [String] = [], dropped = 0, sent = 0
        for number in 0..<5000 {
            if random(3) > 0 {
                let payload = "\(number) " + String(repeating: "x", count: random(random(4) == 0 ? 3000 : 200))
                queue.append(topic: "topic", payload: payload, isRetained: false)
                expected.append(payload)
                let counts = queue.counts
                dropped += expected.count - counts.waiting
                expected.removeFirst(expected.count - counts.waiting)
                #expect(counts.dropped == dropped)
            } else if let packet = take(queue) {
                #expect(parts(packet).payload == expected.removeFirst())
                queue.acknowledge(parts(packet).identifier)
                sent += 1
            }
        }
        #expect(dropped > 100 && sent > 1000 && queue.counts == (expected.count, dropped, sent))
    }

    @Test func identifiersGoRoundWithoutZero() throws {
        let queue = MessageQueue(capacity: 8)
        var last: UInt16 = 0
        for _ in 0..<70_000 {
            queue.append(topic: "t", payload: "", isRetained: false)
            let identifier = parts(try #require(take(queue))).identifier
            #expect(identifier == (last == 65_535 ? 1 : last + 1))
            last = identifier
            queue.acknowledge(identifier)
        }
    }

    @Test func whatIsTooLongIsCountedAndNotSent() {
        let queue = MessageQueue(capacity: 8)
        queue.append(topic: "t", payload: String(repeating: "x", count: 5000), isRetained: false)
        queue.append(topic: "", payload: "x", isRetained: false)
        queue.append(topic: String(repeating: "t", count: 70_000), payload: "x", isRetained: false)
        #expect(queue.counts == (0, 3, 0))
        #expect(queue.append(topic: "t", payload: String(repeating: "x", count: MessageQueue.largestPacket - 8), isRetained: false))
    }
}
