import Platform

/// A flat map of scalars in FlexBuffers, the self-describing relative of FlatBuffers that TFLite's custom operators
/// keep their options in. Read from the end: last byte the root's width, before it the root's type, before that the
/// root. Anything but numbers and booleans is left out.
struct FlexMap {
    private(set) var values: [String: Double] = [:]

    init(_ bytes: [UInt8], what: String) throws {
        let reader = SourceReader(bytes, what: what)
        let width = Int(try reader.uint8(at: bytes.count - 1))
        let rootType = try reader.uint8(at: bytes.count - 2)
        guard rootType >> 2 == FlexMap.mapType else { throw Failure(.badFormat, "\(what): its options aren't a map") }
        let root = bytes.count - 2 - width
        let map = root - (try FlexMap.unsigned(reader, root, width))
        let size = 1 << Int(rootType & 3)
        let count = try FlexMap.unsigned(reader, map - size, size)
        // Each value takes at least `size` bytes and a type byte, so the count is bounded by the file.
        _ = try reader.checked(map, count * (size + 1))
        let keysWidth = try FlexMap.unsigned(reader, map - 2 * size, size)
        let keysSlot = map - 3 * size
        let keys = keysSlot - (try FlexMap.unsigned(reader, keysSlot, size))
        for index in 0..<min(count, 256) {
            let keySlot = keys + index * keysWidth
            let key = try FlexMap.text(reader, keySlot - (try FlexMap.unsigned(reader, keySlot, keysWidth)))
            let type = try reader.uint8(at: map + count * size + index)
            values[key] = try FlexMap.scalar(reader, map + index * size, size, type)
        }
    }

    private static let mapType: UInt8 = 9

    private static func unsigned(_ reader: SourceReader, _ place: Int, _ width: Int) throws -> Int {
        let value: UInt64
        switch width {
        case 1: value = UInt64(try reader.uint8(at: place))
        case 2: value = UInt64(try reader.integer(at: place, as: UInt16.self))
        case 4: value = UInt64(try reader.integer(at: place, as: UInt32.self))
        case 8: value = try reader.integer(at: place)
        default: throw Failure(.badFormat, "\(reader.what): \(width) is no width of a number in its options")
        }
        guard value <= UInt64(reader.count) else { throw Failure(.badFormat, "\(reader.what): an offset in its options points outside") }
        return Int(value)
    }

    private static func scalar(_ reader: SourceReader, _ place: Int, _ width: Int, _ packed: UInt8) throws -> Double? {
        switch packed >> 2 {
        case 1: return Double(try signed(reader, place, width))
        case 2, 26:
            return Double(UInt64(bitPattern: try signed(reader, place, width)) & (width == 8 ? .max : (1 << (8 * UInt64(width))) - 1))
        case 3: return try real(reader, place, width)
        case 6, 7: return Double(try signed(reader, place - (try unsigned(reader, place, width)), 1 << Int(packed & 3)))
        case 8: return try real(reader, place - (try unsigned(reader, place, width)), 1 << Int(packed & 3))
        default: return nil
        }
    }

    private static func signed(_ reader: SourceReader, _ place: Int, _ width: Int) throws -> Int64 {
        switch width {
        case 1: Int64(try reader.integer(at: place, as: Int8.self))
        case 2: Int64(try reader.integer(at: place, as: Int16.self))
        case 4: Int64(try reader.integer(at: place, as: Int32.self))
        default: try reader.integer(at: place)
        }
    }

    private static func real(_ reader: SourceReader, _ place: Int, _ width: Int) throws -> Double {
        switch width {
        case 4: return Double(try reader.float(at: place))
        case 8: return Double(bitPattern: try reader.integer(at: place))
        default: throw Failure(.badFormat, "\(reader.what): \(width) bytes are no floating-point number")
        }
    }

    private static func text(_ reader: SourceReader, _ place: Int) throws -> String {
        let start = try reader.checked(place, 1)
        let bytes = reader.bytes[start...].prefix(64).prefix { $0 != 0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}
