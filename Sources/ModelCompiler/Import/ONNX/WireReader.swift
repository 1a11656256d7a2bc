import Platform

/// Protocol Buffers' wire format, read in place. The few ONNX messages needed don't justify a runtime library and
/// generated code, which alone took 84 processor seconds to build; this also leaves the weights where they are.
struct WireReader {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(Range<Int>)
    }

    let reader: SourceReader
    private(set) var range: Range<Int>

    init(_ reader: SourceReader, _ range: Range<Int>) {
        self.reader = reader
        self.range = range
    }

    /// The next field of the message; nil at its end.
    mutating func next() throws -> (field: Int, value: Value)? {
        guard !range.isEmpty else { return nil }
        let tag = try varint()
        let field = Int(truncatingIfNeeded: tag >> 3)
        switch tag & 7 {
        case 0: return (field, .varint(try varint()))
        case 1: return (field, .fixed64(try reader.integer(at: take(8))))
        case 2:
            let length = try varint()
            guard length <= UInt64(range.count) else { throw damaged("a field of \(length) bytes in the \(range.count) that are left") }
            let start = try take(Int(length))
            return (field, .bytes(start..<start + Int(length)))
        case 5: return (field, .fixed32(try reader.integer(at: take(4))))
        default: throw damaged("a field of kind \(tag & 7)")
        }
    }

    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try reader.uint8(at: take(1))
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw damaged("a number without end")
    }

    private mutating func take(_ length: Int) throws -> Int {
        guard length <= range.count else { throw damaged("a message that ends in the middle of a field") }
        let start = range.lowerBound
        range = start + length..<range.upperBound
        return start
    }

    private func damaged(_ text: String) -> Failure {
        Failure(.badFormat, "\(reader.what): it has \(text) at offset \(range.lowerBound); it is truncated or damaged")
    }

    /// A repeated number, packed or not.
    static func numbers(_ reader: SourceReader, _ value: Value, into list: inout [Int]) throws {
        switch value {
        case .varint(let number): list.append(Int(Int64(bitPattern: number)))
        case .bytes(let range):
            var packed = WireReader(reader, range)
            while !packed.range.isEmpty { list.append(Int(Int64(bitPattern: try packed.varint()))) }
        default: throw Failure(.badFormat, "\(reader.what): a list of numbers has the wrong kind")
        }
    }
}
