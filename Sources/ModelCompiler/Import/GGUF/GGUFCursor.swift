import Platform

/// Little-endian fields of a GGUF file in order, each checked against the end of the file.
struct GGUFCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    mutating func skip(_ count: Int, _ what: @autoclosure () -> String) throws -> Range<Int> {
        guard count >= 0, count <= remaining else {
            throw Failure(.badFormat,
                "GGUF file: \(what()) takes \(count) bytes at \(position) but the file ends at \(bytes.count); it is truncated or damaged")
        }
        position += count
        return position - count..<position
    }

    mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ what: @autoclosure () -> String) throws -> T {
        let place = try skip(MemoryLayout<T>.size, what())
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: place.lowerBound, as: T.self))
    }

    /// A count or length: 64 bits since version 2 of the format, at most what the rest of the file can hold.
    mutating func count(elementBytes: Int, _ what: @autoclosure () -> String) throws -> Int {
        let count = try integer(UInt64.self, what())
        guard count <= UInt64(remaining / elementBytes) else {
            throw Failure(.badFormat,
                "GGUF file: \(what()) is \(count), more than the file's \(bytes.count) bytes can hold; it is truncated or damaged")
        }
        return Int(count)
    }

    /// The place of a string's bytes.
    mutating func text(_ what: @autoclosure () -> String) throws -> Range<Int> {
        let length = try count(elementBytes: 1, "the length of \(what())")
        return try skip(length, what())
    }
}
