import Foundation
@testable import MQTT
import Platform
import Testing
import TestSupport

/// Packets beside those of Eclipse Paho's Python client (goldens/mqtt.py).
@Suite struct PacketTests {
    private func golden(_ name: String) throws -> [[UInt8]] {
        let text = try String(contentsOf: repository.appendingPathComponent("Tests/golden/mqtt/packets.txt"), encoding: .utf8)
        return text.split(separator: "\n").filter { $0.hasPrefix(name + " ") }.map { line in
            let digits = Array(line.split(separator: " ")[1].utf8)
            return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)! }
        }
    }

    private func settings(_ name: String) -> ClientSettings {
        ClientSettings(host: "h", port: 1, clientIdentifier: name, willTopic: "swiftlet/\(name)/availability", willPayload: "offline")
    }

    @Test func connectionsAreAskedForAsAPeerDoes() throws {
        var settings = settings("cellar")
        #expect(PacketWriter.connect(settings) == (try golden("cellar"))[0])
        settings.user = "board"
        settings.password = Array("s3cret Ü".utf8)
        settings.keepAliveSeconds = 5
        #expect(PacketWriter.connect(settings) == (try golden("user"))[0])
        var other = self.settings("attic")
        other.user = "board"
        other.keepAliveSeconds = 3600
        #expect(PacketWriter.connect(other) == (try golden("no-password"))[0])
        #expect(PacketWriter.disconnect == (try golden("cellar")).last)
    }

    @Test func messagesAreWrittenAsAPeerDoes() throws {
        let packets = try golden("cellar")
        #expect(PacketWriter.publish(topic: "swiftlet/cellar/availability", payload: "online", isRetained: true) == packets[1])
        #expect(PacketWriter.publish(topic: "a", payload: "", isRetained: false) == packets[2])
        let messages = [
            ("swiftlet/cellar/task/watch/event", "{\"class\":\"tabby cat\",\"score\":0.9}", false),
            ("swiftlet/cellar/output/lamp", "ON", true),
            ("long/127", String(repeating: "x", count: 115), false),
            ("long/128", String(repeating: "x", count: 116), false),
            ("long/3000", String(repeating: "Grüße ", count: 400), false),
        ]
        let queue = MessageQueue(capacity: 8)
        for (topic, payload, isRetained) in messages { #expect(queue.append(topic: topic, payload: payload, isRetained: isRetained)) }
        for (index, message) in messages.enumerated() {
            var own = try #require(take(queue))
            // Identifiers count differently there.
            let theirs = packets[3 + index], place = own.count - message.1.utf8.count - 2
            #expect(own[place] == 0 && own[place + 1] == UInt8(index + 1))
            own.replaceSubrange(place..<place + 2, with: theirs[place..<place + 2])
            #expect(own == theirs, "\(message.0)")
        }
    }

    private func read(_ bytes: [UInt8]) throws -> [IncomingPacket] {
        var reader = PacketReader(), packets: [IncomingPacket] = []
        for byte in bytes { if let packet = try reader.take(byte) { packets.append(packet) } }
        return packets
    }

    @Test func whatABrokerMaySayIsUnderstood() throws {
        #expect(try read([0x20, 2, 0, 0, 0xD0, 0, 0x40, 2, 0x12, 0x34, 0x40, 2, 0, 1, 0xD0, 0, 0x20, 2, 0, 5])
                == [.connected(code: 0), .pingResponse, .acknowledged(identifier: 0x1234), .acknowledged(identifier: 1), .pingResponse,
                    .connected(code: 5)])
        #expect(try read([0x20, 2, 0]).isEmpty)
    }

    /// Everything else: refused at the first byte that is wrong, whatever follows.
    @Test func everythingElseIsRefused() {
        let absurd: [[UInt8]] = [
            [0x00], [0x10, 2], [0x30, 0], [0x31], [0x90, 3], [0xE0], [0xF0], [0xFF, 0xFF, 0xFF, 0xFF], [0x21], [0x41], [0x4F], [0xD1],
            [0x20, 0], [0x20, 3], [0x20, 0x82, 0x00], [0x20, 0xFF, 0xFF, 0xFF, 0x7F], [0x40, 0x80], [0x40, 3], [0xD0, 1], [0xD0, 0x80],
            [0x20, 2, 1, 0], [0x20, 2, 0xFF, 0], [0x20, 2, 0, 6], [0x20, 2, 0, 0xFF], [0x40, 2, 0, 0],
        ]
        for bytes in absurd { #expect(throws: Failure.self, "\(bytes)") { try read(bytes) } }
    }

    @Test func rubbishOfAnyLengthTrapsNothing() {
        var random = Random(7)
        for _ in 0..<20_000 {
            var reader = PacketReader(), taken = 0
            // Heads that are right let it come further.
            let heads: [[UInt8]] = [[0x20, 2], [0x40, 2], [0xD0, 0], [0x20], [0x40], []]
            let bytes = heads[Int(random.next() % 6)] + (0..<Int(random.next() % 12)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            do { for byte in bytes { if try reader.take(byte) != nil { taken += 1 } } } catch {}
            #expect(taken <= bytes.count)
        }
    }
}
