import Platform

/// A metadata value of a GGUF file. Strings and arrays stay where they are in the file.
enum GGUFValue {
    case integer(Int64)
    /// Above Int64.max.
    case huge(UInt64)
    case real(Double)
    case flag(Bool)
    case text(Range<Int>)
    case array(GGUFArray)
}

/// `count` elements of one type that lie in the file from `place` on.
struct GGUFArray {
    var type: GGUFType
    var count: Int
    var place: Range<Int>
}

/// GGUF's numbers for the types of metadata.
enum GGUFType: UInt32 {
    case uint8 = 0, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// Bytes of an element; 0: they vary.
    var bytes: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: 0
        }
    }
}

extension GGUFCursor {
    mutating func type(of key: String) throws -> GGUFType {
        let number = try integer(UInt32.self, "the type of '\(key)'")
        guard let type = GGUFType(rawValue: number) else {
            throw Failure(.badFormat, "GGUF file: '\(key)' has the unknown type \(number); the file is damaged or newer than this importer")
        }
        return type
    }

    mutating func value(of key: String) throws -> GGUFValue {
        let type = try type(of: key)
        guard type == .array else { return try scalar(type, of: key) }
        let element = try self.type(of: key)
        guard element != .array else {
            throw Failure(.unsupported, "GGUF file: '\(key)' is an array of arrays; no model that can be imported has one")
        }
        // A string takes at least the eight bytes of its length.
        let count = try count(elementBytes: element == .string ? 8 : element.bytes, "the length of the array '\(key)'")
        let start = position
        if element == .string {
            for _ in 0..<count { _ = try text("a string of '\(key)'") }
        } else {
            _ = try skip(count * element.bytes, "the array '\(key)'")
        }
        return .array(GGUFArray(type: element, count: count, place: start..<position))
    }

    mutating func scalar(_ type: GGUFType, of key: String) throws -> GGUFValue {
        let what = "the value of '\(key)'"
        switch type {
        case .uint8: return .integer(Int64(try integer(UInt8.self, what)))
        case .int8: return .integer(Int64(try integer(Int8.self, what)))
        case .uint16: return .integer(Int64(try integer(UInt16.self, what)))
        case .int16: return .integer(Int64(try integer(Int16.self, what)))
        case .uint32: return .integer(Int64(try integer(UInt32.self, what)))
        case .int32: return .integer(Int64(try integer(Int32.self, what)))
        case .int64: return .integer(try integer(Int64.self, what))
        case .uint64:
            let number = try integer(UInt64.self, what)
            return Int64(exactly: number).map { .integer($0) } ?? .huge(number)
        case .float32: return .real(Double(Float(bitPattern: try integer(UInt32.self, what))))
        case .float64: return .real(Double(bitPattern: try integer(UInt64.self, what)))
        case .bool:
            let byte = try integer(UInt8.self, what)
            guard byte < 2 else { throw Failure(.badFormat, "GGUF file: \(what) is \(byte), neither true nor false") }
            return .flag(byte == 1)
        case .string: return .text(try text(what))
        case .array: throw Failure(.badFormat, "GGUF file: \(what) is not a scalar")
        }
    }
}
