import CLinux

/// Packets of a client that only publishes, as MQTT 3.1.1 has them (OASIS, 29 October 2014: 3.1, 3.3, 3.12, 3.14).
public enum PacketWriter {
    /// The most that a fixed header's four bytes can say (2.2.3).
    static let largestRemaining = 268_435_455

    /// CONNECT, with a clean session and a retained will of quality of service 1.
    public static func connect(_ settings: ClientSettings) -> [UInt8] {
        var body: [UInt8] = []
        append(Array("MQTT".utf8), to: &body)
        // Protocol level 4 is version 3.1.1; clean session, will, its quality of service 1, retained.
        var flags: UInt8 = 0x02 | 0x04 | 0x08 | 0x20
        if settings.user != nil { flags |= 0x80 }
        if settings.user != nil, settings.password != nil { flags |= 0x40 }
        body += [4, flags, UInt8(truncatingIfNeeded: settings.keepAliveSeconds >> 8), UInt8(truncatingIfNeeded: settings.keepAliveSeconds)]
        append(Array(settings.clientIdentifier.utf8), to: &body)
        append(Array(settings.willTopic.utf8), to: &body)
        append(Array(settings.willPayload.utf8), to: &body)
        if let user = settings.user {
            append(Array(user.utf8), to: &body)
            if let password = settings.password { append(password, to: &body) }
        }
        return packet(0x10, body)
    }

    /// PUBLISH of quality of service 0.
    public static func publish(topic: String, payload: String, isRetained: Bool) -> [UInt8] {
        var body: [UInt8] = []
        append(Array(topic.utf8), to: &body)
        return packet(isRetained ? 0x31 : 0x30, body + Array(payload.utf8))
    }

    static let pingRequest: [UInt8] = [0xC0, 0]
    public static let disconnect: [UInt8] = [0xE0, 0]

    private static func packet(_ first: UInt8, _ body: [UInt8]) -> [UInt8] {
        var bytes = [first]
        var left = min(body.count, largestRemaining)
        repeat {
            let digit = UInt8(left & 0x7F)
            left >>= 7
            bytes.append(left > 0 ? digit | 0x80 : digit)
        } while left > 0
        return bytes + body
    }

    /// A text with its length in front (1.5.3); what no length can say is cut.
    private static func append(_ text: [UInt8], to body: inout [UInt8]) {
        let count = min(text.count, 65_535)
        body += [UInt8(count >> 8), UInt8(count & 0xFF)]
        body += text[..<count]
    }
}
