import Platform
import Pose

/// A JSON text that was read.
enum JSONValue {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])

    /// - Parameter name: what messages call the text.
    /// - Throws: `.badFormat` where it is no JSON, or nested deeper than anything that this program writes.
    init(_ bytes: [UInt8], name: String) throws(Failure) {
        var reader = JSONReader(bytes)
        guard let value = reader.value(depth: 0), reader.isAtEnd else {
            throw Failure(.badFormat, "\(name): no JSON at byte \(reader.position)")
        }
        self = value
    }

    /// Of an object; nil where there is none.
    subscript(_ key: String) -> JSONValue? {
        guard case .object(let fields) = self else { return nil }
        for field in fields where field.key == key { return field.value }
        return nil
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var array: [JSONValue] { if case .array(let values) = self { values } else { [] } }
}

/// Reads values from their first byte on (RFC 8259).
private struct JSONReader {
    private let bytes: [UInt8]
    private(set) var position = 0
    private static let deepest = 16

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return position == bytes.count
        }
    }

    private mutating func skipSpace() {
        while position < bytes.count, [32, 9, 10, 13].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// nil where there is none.
    mutating func value(depth: Int) -> JSONValue? {
        skipSpace()
        guard depth < Self.deepest, position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return array(depth)
        case 34: return string().map { .text($0) }
        case UInt8(ascii: "t"): return word("true", .flag(true))
        case UInt8(ascii: "f"): return word("false", .flag(false))
        case UInt8(ascii: "n"): return word("null", .null)
        default: return number()
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) -> JSONValue? {
        guard bytes[position...].starts(with: text.utf8) else { return nil }
        position += text.utf8.count
        return value
    }

    private mutating func number() -> JSONValue? {
        let start = position
        while position < bytes.count, bytes[position] >= 48 && bytes[position] <= 57 || [43, 45, 46, 69, 101].contains(bytes[position]) {
            position += 1
        }
        guard position > start, let number = bytes[start..<position].withUnsafeBytes({ DecimalParser.parse($0) }) else { return nil }
        return .number(number)
    }

    private mutating func object(_ depth: Int) -> JSONValue? {
        position += 1
        var fields: [(key: String, value: JSONValue)] = []
        if take(UInt8(ascii: "}")) { return .object(fields) }
        repeat {
            skipSpace()
            guard position < bytes.count, bytes[position] == 34, let key = string(), take(UInt8(ascii: ":")),
                  let value = value(depth: depth + 1) else { return nil }
            fields.append((key, value))
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(fields) : nil
    }

    private mutating func array(_ depth: Int) -> JSONValue? {
        position += 1
        var values: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array(values) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .array(values) : nil
    }

    private mutating func string() -> String? {
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == 34 { return String(decoding: text, as: UTF8.self) }
            guard byte == 92 else {
                text.append(byte)
                continue
            }
            guard position < bytes.count else { return nil }
            position += 1
            switch bytes[position - 1] {
            case 34, 92, 47: text.append(bytes[position - 1])
            case UInt8(ascii: "b"): text.append(8)
            case UInt8(ascii: "f"): text.append(12)
            case UInt8(ascii: "n"): text.append(10)
            case UInt8(ascii: "r"): text.append(13)
            case UInt8(ascii: "t"): text.append(9)
            case UInt8(ascii: "u"):
                guard let scalar = escaped() else { return nil }
                text += Array(String(Character(scalar)).utf8)
            default: return nil
            }
        }
        return nil
    }

    /// What stands behind \u: four digits, or eight of a pair.
    private mutating func escaped() -> Unicode.Scalar? {
        guard var code = digits() else { return nil }
        if code >= 0xD800, code < 0xDC00, position + 1 < bytes.count, bytes[position] == 92, bytes[position + 1] == UInt8(ascii: "u") {
            position += 2
            guard let low = digits(), low >= 0xDC00, low < 0xE000 else { return nil }
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        }
        return Unicode.Scalar(code)
    }

    private mutating func digits() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            switch byte {
            case 48...57: code = code << 4 | UInt32(byte - 48)
            case 65...70, 97...102: code = code << 4 | UInt32((byte | 0x20) - 87)
            default: return nil
            }
        }
        position += 4
        return code
    }
}
