import Platform

/// The device's side of a USB redirection: says what is plugged in and answers the host's requests.
final class RedirectedDevice {
    private let adapter: I2CAdapter
    private let send: ([UInt8]) -> Bool
    private var parser = RedirectionParser()
    /// Control transfers in order; the first waits while the bus is held.
    private var waiting: [(identifier: UInt64, transfer: ControlTransfer, body: [UInt8])] = []

    /// `send` gives bytes to the host; false where it is gone.
    init(adapter: I2CAdapter, send: @escaping ([UInt8]) -> Bool) throws(Failure) {
        self.adapter = adapter
        self.send = send
        let name = Array("virtual-board".utf8)
        try put(RedirectionPacketType.hello, 0, name + [UInt8](repeating: 0, count: 64 - name.count)
                + littleEndian(Redirection.capabilities))
    }

    /// Takes bytes from the host and answers what can be answered.
    func receive(_ bytes: [UInt8], now: Int64) throws(Failure) {
        parser.append(bytes)
        while let packet = try parser.next() { try handle(packet) }
        try answerWaiting(now: now)
    }

    /// A transfer waits for a held bus.
    var isWaiting: Bool { !waiting.isEmpty }

    /// Answers transfers that waited for the bus. Call it when the bus may have been released.
    func answerWaiting(now: Int64) throws(Failure) {
        while let first = waiting.first {
            guard let answer = adapter.answer(first.transfer, Array(first.body.dropFirst(ControlTransfer.headerBytes)), now: now) else {
                return
            }
            waiting.removeFirst()
            let data = first.transfer.isIn ? Array(answer.data.prefix(Int(first.transfer.length))) : []
            let length = first.transfer.isIn ? data.count : answer.taken
            try put(RedirectionPacketType.control, first.identifier, first.transfer.header(status: answer.status, length: length) + data)
        }
    }

    private func handle(_ packet: RedirectionPacket) throws(Failure) {
        switch packet.type {
        case RedirectionPacketType.hello:
            guard packet.body.count >= 64 else { throw Failure(.badFormat, "USB redirection: a hello of \(packet.body.count) bytes") }
            try plugIn()
        case RedirectionPacketType.setConfiguration:
            guard let configuration = packet.body.first else { throw short(packet) }
            try put(RedirectionPacketType.configurationStatus, packet.identifier, [RedirectionStatus.success, configuration])
        case RedirectionPacketType.getConfiguration:
            try put(RedirectionPacketType.configurationStatus, packet.identifier, [RedirectionStatus.success, 1])
        case RedirectionPacketType.setAlternate, RedirectionPacketType.getAlternate:
            guard let interface = packet.body.first else { throw short(packet) }
            try put(RedirectionPacketType.alternateStatus, packet.identifier, [RedirectionStatus.success, interface, 0])
        case RedirectionPacketType.cancelData:
            guard let index = waiting.firstIndex(where: { $0.identifier == packet.identifier }) else { return }
            let cancelled = waiting.remove(at: index)
            try put(RedirectionPacketType.control, packet.identifier,
                    cancelled.transfer.header(status: RedirectionStatus.cancelled, length: 0))
        case RedirectionPacketType.control:
            guard let transfer = ControlTransfer(packet.body) else { throw short(packet) }
            guard waiting.count < 64 else { throw Failure(.badFormat, "USB redirection: more than 64 transfers at once") }
            waiting.append((packet.identifier, transfer, packet.body))
        case RedirectionPacketType.reset:
            waiting.removeAll()
            adapter.reset()
        case RedirectionPacketType.filterReject:
            throw Failure(.inputOutput, "USB redirection: QEMU's filter rejects the I2C adapter")
        case RedirectionPacketType.filterFilter, RedirectionPacketType.disconnectAcknowledge:
            break
        default:
            throw Failure(.badFormat, "USB redirection: a packet of type \(packet.type), which this device has no use for")
        }
    }

    private func short(_ packet: RedirectionPacket) -> Failure {
        Failure(.badFormat, "USB redirection: a packet of type \(packet.type) has a body of \(packet.body.count) bytes that contradicts "
                + "itself")
    }

    /// Interfaces and endpoints come before the connection they describe.
    private func plugIn() throws(Failure) {
        let none = [UInt8](repeating: 0, count: 32), one: [UInt8] = [I2CAdapter.vendorClass] + [UInt8](repeating: 0, count: 31)
        try put(RedirectionPacketType.interfaceInfo, 0, littleEndian(UInt32(1)) + none + one + none + none)
        // Type 255 means that there is no such endpoint; 0 and 16 are both directions of the control endpoint.
        let types = (0..<32).map { $0 % 16 == 0 ? UInt8(0) : UInt8(255) }
        let sizes = types.flatMap { littleEndian(UInt16($0 == 0 ? 8 : 0)) }
        try put(RedirectionPacketType.endpointInfo, 0, types + none + none + sizes)
        let fullSpeed: UInt8 = 1
        try put(RedirectionPacketType.deviceConnect, 0, [fullSpeed, 0, 0, 0] + littleEndian(I2CAdapter.vendor)
            + littleEndian(I2CAdapter.product) + littleEndian(I2CAdapter.version))
    }

    private func put(_ type: UInt32, _ identifier: UInt64, _ body: [UInt8]) throws(Failure) {
        let name = type == RedirectionPacketType.hello ? littleEndian(UInt32(truncatingIfNeeded: identifier)) : littleEndian(identifier)
        guard send(littleEndian(type) + littleEndian(UInt32(body.count)) + name + body) else {
            throw Failure(.inputOutput, "USB redirection: QEMU is gone")
        }
    }
}
