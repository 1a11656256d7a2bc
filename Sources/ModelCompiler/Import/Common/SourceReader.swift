import Platform

/// Little-endian reads from a file in memory, each checked against its end.
struct SourceReader: Sendable {
    let bytes: [UInt8]
    /// What the file is, for messages: "TFLite file", "pickle".
    let what: String

    var count: Int { bytes.count }

    init(_ bytes: [UInt8], what: String) {
        self.bytes = bytes
        self.what = what
    }

    /// The offset itself where `length` bytes from it are inside the file.
    func checked(_ offset: Int, _ length: Int) throws -> Int {
        guard offset >= 0, length >= 0, offset <= bytes.count, length <= bytes.count - offset else {
            throw Failure(.badFormat,
                "\(what): it refers to \(length) bytes at offset \(offset) but ends at \(bytes.count); it is truncated or damaged")
        }
        return offset
    }

    func uint8(at offset: Int) throws -> UInt8 { bytes[try checked(offset, 1)] }

    func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) throws -> T {
        let start = try checked(offset, MemoryLayout<T>.size)
        return T(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: T.self) })
    }

    func float(at offset: Int) throws -> Float { Float(bitPattern: try integer(at: offset)) }

    func slice(at offset: Int, length: Int) throws -> ArraySlice<UInt8> {
        let start = try checked(offset, length)
        return bytes[start..<start + length]
    }

    func text(at offset: Int, length: Int) throws -> String { String(decoding: try slice(at: offset, length: length), as: UTF8.self) }
}
