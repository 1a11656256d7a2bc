import Platform

/// Rows of a file that `imu record` wrote. Reading ends at the first block that isn't whole and right, as after a power
/// loss; `note` then says what was left out.
struct RecordedLog {
    let path: String
    let bytes: UnsafeRawBufferPointer
    let hasMagnetometer: Bool
    private(set) var note: String?
    private var position = RecordedLogFormat.headerBytes
    private var left = 0
    private var expected: UInt64 = 0

    static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= RecordedLogFormat.magic.count else { return false }
        for (index, byte) in RecordedLogFormat.magic.enumerated() where bytes[index] != byte { return false }
        return true
    }

    init(path: String, bytes: UnsafeRawBufferPointer) throws(Failure) {
        let size = RecordedLogFormat.headerBytes
        guard bytes.count >= size else { throw Failure(.badFormat, "\(path): truncated within the header; nothing was recorded") }
        guard RecordedLogFormat.checksum(UnsafeRawBufferPointer(rebasing: bytes[0..<size - 4])) == Self.word(bytes, size - 4) else {
            throw Failure(.badFormat, "\(path): damaged header (its checksum is wrong)")
        }
        let version = UInt16(truncatingIfNeeded: Self.word(bytes, 8)), sampleBytes = Int(Self.word(bytes, 8) >> 16)
        guard version == RecordedLogFormat.version, sampleBytes == RecordedLogFormat.sampleBytes else {
            throw Failure(.unsupported, "\(path): recording of version \(version); \(RecordedLogFormat.version) is supported")
        }
        self.path = path
        self.bytes = bytes
        hasMagnetometer = Self.word(bytes, 12) & 1 != 0
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    private static func long(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    mutating func next(_ row: inout LogRow) -> Bool {
        if left == 0, !openBlock() { return false }
        var offset = position
        row = LogRow()
        row.timeSeconds = Double(Int64(bitPattern: Self.long(bytes, offset))) * 1e-9
        offset += 8
        row.accelerometer = vector(offset)
        row.gyroscope = vector(offset + 12)
        row.magnetometer = vector(offset + 24)
        position += RecordedLogFormat.sampleBytes
        left -= 1
        if left == 0 { position += 4 }
        return true
    }

    private func vector(_ offset: Int) -> SIMD3<Float> {
        SIMD3(Float(bitPattern: Self.word(bytes, offset)), Float(bitPattern: Self.word(bytes, offset + 4)),
              Float(bitPattern: Self.word(bytes, offset + 8)))
    }

    /// False at the end, and at what is no whole block.
    private mutating func openBlock() -> Bool {
        let rest = bytes.count - position
        guard rest > 0, note == nil else { return false }
        guard rest >= RecordedLogFormat.blockHeaderBytes, Self.word(bytes, position) == RecordedLogFormat.blockMagic else {
            return stop("an incomplete block", rest)
        }
        let count = Int(clamping: Self.word(bytes, position + 4))
        guard count > 0, count <= RecordedLogFormat.largestBlock else { return stop("a damaged block", rest) }
        let size = RecordedLogFormat.bytes(ofBlock: count)
        guard size <= rest else { return stop("an incomplete block", rest) }
        let body = UnsafeRawBufferPointer(rebasing: bytes[position..<position + size - 4])
        guard RecordedLogFormat.checksum(body) == Self.word(bytes, position + size - 4) else { return stop("a damaged block", rest) }
        let first = Self.long(bytes, position + 8)
        guard first >= expected else { return stop("a block out of order", rest) }
        expected = first &+ UInt64(count)
        position += RecordedLogFormat.blockHeaderBytes
        left = count
        return true
    }

    private mutating func stop(_ what: String, _ rest: Int) -> Bool {
        note = "\(path): \(what) at byte \(position): the last \(rest) bytes are left out"
        return false
    }
}
