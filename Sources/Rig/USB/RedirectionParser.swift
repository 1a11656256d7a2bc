import Platform

/// Cuts the bytes of a stream into packets. Lengths are checked before anything is kept: a peer that sends nonsense
/// gets an error, not memory.
struct RedirectionParser {
    private var bytes: [UInt8] = []
    private var start = 0

    mutating func append(_ more: [UInt8]) {
        if start > 0 {
            bytes.removeSubrange(..<start)
            start = 0
        }
        bytes += more
    }

    /// The next whole packet; nil where more bytes have to come first.
    mutating func next() throws(Failure) -> RedirectionPacket? {
        guard bytes.count - start >= Redirection.helloHeaderBytes else { return nil }
        let type = UInt32(truncatingIfNeeded: number(at: 0, bytes: 4)), length = Int(number(at: 4, bytes: 4))
        guard length <= Redirection.bodyLimit else {
            throw Failure(.badFormat,
                          "USB redirection: a packet of type \(type) claims \(length) bytes, more than \(Redirection.bodyLimit)")
        }
        let header = type == RedirectionPacketType.hello ? Redirection.helloHeaderBytes : Redirection.headerBytes
        guard bytes.count - start >= header + length else { return nil }
        let packet = RedirectionPacket(type: type, identifier: number(at: 8, bytes: header - 8),
                                       body: Array(bytes[start + header..<start + header + length]))
        start += header + length
        return packet
    }

    private func number(at offset: Int, bytes count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[start + offset + index]) << UInt64(8 * index) }
        return value
    }
}
