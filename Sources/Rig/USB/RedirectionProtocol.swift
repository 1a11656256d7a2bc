/// The USB redirection protocol (usbredir 0.13, usb-redir-protocol.txt): QEMU is the host, we are the device. All
/// numbers are little-endian.
enum RedirectionPacketType {
    static let hello: UInt32 = 0, deviceConnect: UInt32 = 1, deviceDisconnect: UInt32 = 2, reset: UInt32 = 3
    static let interfaceInfo: UInt32 = 4, endpointInfo: UInt32 = 5
    static let setConfiguration: UInt32 = 6, getConfiguration: UInt32 = 7, configurationStatus: UInt32 = 8
    static let setAlternate: UInt32 = 9, getAlternate: UInt32 = 10, alternateStatus: UInt32 = 11
    static let cancelData: UInt32 = 21, filterReject: UInt32 = 22, filterFilter: UInt32 = 23, disconnectAcknowledge: UInt32 = 24
    static let control: UInt32 = 100
}

enum RedirectionStatus {
    static let success: UInt8 = 0, cancelled: UInt8 = 1, invalid: UInt8 = 2, stall: UInt8 = 4
}

enum Redirection {
    /// Connect with the device's version, packet sizes of endpoints, 64-bit identifiers, 32-bit lengths of bulk transfers.
    static let capabilities: UInt32 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6
    /// A hello's identifier has 4 bytes because nothing has been agreed yet, all others have 8.
    static let helloHeaderBytes = 12, headerBytes = 16
    /// Longest body: a control transfer carries at most 65,535 bytes.
    static let bodyLimit = 10 + 65_535
}

/// One packet as it came.
struct RedirectionPacket: Equatable {
    var type: UInt32
    var identifier: UInt64
    var body: [UInt8]
}

/// The header of a control transfer.
struct ControlTransfer: Equatable {
    static let headerBytes = 10

    var endpoint: UInt8
    var request: UInt8
    var requestType: UInt8
    var value: UInt16
    var index: UInt16
    var length: UInt16

    /// nil where the body is too short, or doesn't carry what the header promises.
    init?(_ body: [UInt8]) {
        guard body.count >= Self.headerBytes else { return nil }
        endpoint = body[0]
        request = body[1]
        requestType = body[2]
        value = UInt16(body[4]) | UInt16(body[5]) << 8
        index = UInt16(body[6]) | UInt16(body[7]) << 8
        length = UInt16(body[8]) | UInt16(body[9]) << 8
        guard isIn ? body.count == Self.headerBytes : body.count == Self.headerBytes + Int(length) else { return nil }
    }

    /// Towards the host.
    var isIn: Bool { requestType & 0x80 != 0 }
    /// A request of USB itself, not of the device's maker.
    var isStandard: Bool { requestType & 0x60 == 0 }

    /// The answer's header.
    func header(status: UInt8, length: Int) -> [UInt8] {
        [endpoint, request, requestType, status] + littleEndian(value) + littleEndian(index) + littleEndian(UInt16(length))
    }
}

func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
