import Platform

/// Builds one JSON object, field by field, on one line.
public struct JSONObject {
    private var text = "{"

    public init() {}

    /// The object so far, closed, without a newline.
    public var line: String { text + "}" }

    private mutating func key(_ name: String) {
        if text.utf8.count > 1 { text += "," }
        text += quoted(name) + ":"
    }

    public mutating func set(_ name: String, _ value: String) {
        key(name)
        text += quoted(value)
    }

    public mutating func set(_ name: String, _ value: Int) { set(name, Int64(value)) }

    public mutating func set(_ name: String, _ value: Int64) {
        key(name)
        text += "\(value)"
    }

    public mutating func set(_ name: String, _ value: Bool) {
        key(name)
        text += value ? "true" : "false"
    }

    /// A number with so many decimals; null where it isn't finite, since JSON has no such numbers.
    public mutating func set(_ name: String, _ value: Double, decimals: Int) {
        key(name)
        text += value.isFinite ? fixed(value, decimals: decimals) : "null"
    }

    /// Numbers with so many decimals; null where one isn't finite.
    public mutating func set(_ name: String, _ values: [Double], decimals: Int) {
        key(name)
        text += "["
        for (index, value) in values.enumerated() {
            text += (index == 0 ? "" : ",") + (value.isFinite ? fixed(value, decimals: decimals) : "null")
        }
        text += "]"
    }

    public mutating func set(_ name: String, _ value: JSONObject) {
        key(name)
        text += value.line
    }

    public mutating func set(_ name: String, _ values: [JSONObject]) {
        key(name)
        text += "["
        for (index, value) in values.enumerated() { text += (index == 0 ? "" : ",") + value.line }
        text += "]"
    }

    public mutating func set(_ name: String, _ values: [String]) {
        key(name)
        text += "["
        for (index, value) in values.enumerated() { text += (index == 0 ? "" : ",") + quoted(value) }
        text += "]"
    }
}

/// A JSON string: quotes, backslashes and control characters escaped (RFC 8259).
public func quoted(_ text: String) -> String {
    var bytes: [UInt8] = [34]
    let hexadecimal = Array("0123456789abcdef".utf8)
    // U+0080 to U+009F are control characters too: C2 80 to C2 9F.
    var previous: UInt8 = 0
    for byte in text.utf8 {
        defer { previous = byte }
        switch byte {
        case 0x80..<0xA0 where previous == 0xC2:
            bytes.removeLast()
            bytes += [92, 117, 48, 48, hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
        case 34, 92: bytes += [92, byte]
        case 8: bytes += [92, 98]
        case 9: bytes += [92, 116]
        case 10: bytes += [92, 110]
        case 12: bytes += [92, 102]
        case 13: bytes += [92, 114]
        case 0..<32, 127: bytes += [92, 117, 48, 48, hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
        default: bytes.append(byte)
        }
    }
    bytes.append(34)
    return String(decoding: bytes, as: UTF8.self)
}
