import Platform

/// What a broker may say to a client that subscribes to nothing.
public enum IncomingPacket: Equatable {
    /// The connection was taken (code 0) or refused.
    case connected(code: UInt8)
    /// A message of quality of service 1 has arrived.
    case acknowledged(identifier: UInt16)
    case pingResponse
}

/// Takes a broker's bytes, in pieces of any size. Nobody vouches for them: what isn't one of the three packets, to the bit, is
/// refused, so that no length that is claimed is ever followed.
public struct PacketReader {
    /// Bytes of the packet that has begun; the longest has four.
    private var bytes: (UInt8, UInt8, UInt8) = (0, 0, 0)
    private var count = 0

    public init() {}

    /// Takes a byte; the packet that ends with it, or nil. Fails with `badFormat` on what a broker must not send here: then the
    /// connection is to be closed (4.8).
    public mutating func take(_ byte: UInt8) throws(Failure) -> IncomingPacket? {
        defer { count = count == 3 ? 0 : count + 1 }
        switch count {
        case 0:
            guard byte == 0x20 || byte == 0x40 || byte == 0xD0 else {
                throw Failure(.badFormat, "the broker sent a packet of type \(byte >> 4), flags \(byte & 15), which nobody asked for")
            }
            bytes.0 = byte
        case 1:
            guard byte == (bytes.0 == 0xD0 ? 0 : 2) else {
                throw Failure(.badFormat, "the broker sent a packet of type \(bytes.0 >> 4) with a wrong length")
            }
            if byte == 0 {
                count = 3
                return .pingResponse
            }
        case 2: bytes.1 = byte
        default:
            bytes.2 = byte
            return try finished()
        }
        return nil
    }

    private func finished() throws(Failure) -> IncomingPacket {
        if bytes.0 == 0x40 {
            let identifier = UInt16(bytes.1) << 8 | UInt16(bytes.2)
            guard identifier != 0 else { throw Failure(.badFormat, "the broker acknowledged message 0, which there can't be") }
            return .acknowledged(identifier: identifier)
        }
        // Of the flags, session present is 0 for a clean session, the others always (3.2.2).
        guard bytes.1 == 0, bytes.2 <= 5 else { throw Failure(.badFormat, "the broker's CONNACK is none: \(bytes.1), \(bytes.2)") }
        return .connected(code: bytes.2)
    }
}
