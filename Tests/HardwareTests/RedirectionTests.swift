import Platform
import Testing
@testable import Rig

@Suite struct RedirectionParserTests {
    private func packet(_ type: UInt32, _ identifier: UInt64, _ body: [UInt8]) -> [UInt8] {
        littleEndian(type) + littleEndian(UInt32(body.count)) + (type == 0 ? littleEndian(UInt32(identifier)) : littleEndian(identifier))
            + body
    }

    @Test(arguments: [1, 2, 3, 7, 11, 16, 1000]) func packetsComeWholeHoweverTheStreamIsCut(piece: Int) throws {
        let sent: [RedirectionPacket] = [
            .init(type: 0, identifier: 0, body: [UInt8](repeating: 7, count: 68)), .init(type: 3, identifier: 1, body: []),
            .init(type: 100, identifier: 0x1_0000_0002, body: Array(0..<10)), .init(type: 6, identifier: .max, body: [1]),
        ]
        let stream = sent.flatMap { packet($0.type, $0.identifier, $0.body) }
        var parser = RedirectionParser(), got: [RedirectionPacket] = []
        for start in stride(from: 0, to: stream.count, by: piece) {
            parser.append(Array(stream[start..<min(start + piece, stream.count)]))
            while let next = try parser.next() { got.append(next) }
        }
        #expect(got == sent)
    }

    @Test func endlessPacketIsRefusedBeforeItsBodyComes() {
        var parser = RedirectionParser()
        parser.append(littleEndian(UInt32(100)) + littleEndian(UInt32(1 << 31)) + littleEndian(UInt64(1)))
        #expect(throws: Failure.self) { try parser.next() }
    }

    @Test func controlTransferMustCarryWhatItPromises() {
        let header: [UInt8] = [0, 4, 0x41, 0, 0, 0, 0x68, 0, 3, 0]
        #expect(ControlTransfer(header + [1, 2, 3]) != nil)
        #expect(ControlTransfer(header + [1, 2]) == nil)
        #expect(ControlTransfer(header + [1, 2, 3, 4]) == nil)
        #expect(ControlTransfer(Array(header[..<9])) == nil)
        #expect(ControlTransfer([0x80, 5, 0xc1, 0, 1, 0, 0x68, 0, 3, 0]) != nil)
        #expect(ControlTransfer([0x80, 5, 0xc1, 0, 1, 0, 0x68, 0, 3, 0, 9]) == nil)
    }

    /// A device fed with noise, and with packets that are almost right, answers or refuses and never more.
    @Test func noiseIsRefused() {
        var random = SystemRandomNumberGenerator()
        for round in 0..<500 {
            guard let device = try? RedirectedDevice(adapter: I2CAdapter(bus: ChipBus([])), send: { _ in true }) else {
                Issue.record("no device")
                return
            }
            for _ in 0..<20 {
                var bytes = round % 2 == 0
                    ? (0..<Int.random(in: 1...64)).map { _ in UInt8.random(in: 0...255, using: &random) }
                    : packet([0, 3, 6, 9, 21, 22, 23, 100].randomElement()!, .random(in: 0...3),
                             (0..<Int.random(in: 0...80)).map { _ in .random(in: 0...255) })
                if round % 5 == 4, !bytes.isEmpty { bytes[Int.random(in: 0..<bytes.count)] ^= 1 << UInt8.random(in: 0...7) }
                do { try device.receive(bytes, now: 0) } catch { break }
            }
        }
    }

    @Test func everyFailureIsOneLine() throws {
        let device = try RedirectedDevice(adapter: I2CAdapter(bus: ChipBus([])), send: { _ in true })
        do {
            try device.receive(packet(77, 1, []), now: 0)
            Issue.record("a packet of an unknown type was taken")
        } catch {
            #expect(error.description == "USB redirection: a packet of type 77, which this device has no use for")
        }
        let silent = try RedirectedDevice(adapter: I2CAdapter(bus: ChipBus([])), send: { _ in true })
        #expect(throws: Failure.self) { try silent.receive(packet(22, 0, []), now: 0) }
    }

    @Test func goneHostIsAFailure() {
        #expect(throws: Failure.self) { _ = try RedirectedDevice(adapter: I2CAdapter(bus: ChipBus([])), send: { _ in false }) }
    }
}
