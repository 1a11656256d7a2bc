/// Text that came from a file, a name or a model, as it may go to a terminal: control characters become "\e" and "\x07",
/// so that nothing but this program moves the cursor. Line ends and tabs stay.
public enum ShownText {
    /// Text of several lines.
    public static func lines(_ text: String) -> String { shown(text, keeps: { $0 == 10 || $0 == 9 }) }

    /// Text of one line: what would end it is shown too.
    public static func line(_ text: String) -> String { shown(text, keeps: { $0 == 9 }) }

    private static func shown(_ text: String, keeps: (UInt32) -> Bool) -> String {
        var copy = text
        // Nearly all text is harmless.
        let isSafe = copy.withUTF8 { bytes in
            for byte in bytes where byte < 32 && !keeps(UInt32(byte)) || byte == 0x7F || byte == 0xC2 { return false }
            return true
        }
        if isSafe { return text }
        let bytes = Array(copy.utf8)
        var result: [UInt8] = []
        append(bytes[...], to: &result, keeps: keeps)
        return String(decoding: result, as: UTF8.self)
    }

    /// Bytes that are not UTF-8 go through: a terminal shows its own sign for them.
    fileprivate static func append(_ bytes: ArraySlice<UInt8>, to result: inout [UInt8], keeps: (UInt32) -> Bool) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let (scalar, length) = UTF8Text.decode(bytes, at: index)
            // C1 controls (U+0080 to U+009F) are controls as well.
            if scalar < 32 && !keeps(scalar) || scalar >= 0x7F && scalar < 0xA0 {
                escape(UInt8(truncatingIfNeeded: scalar), to: &result)
            } else {
                result += bytes[index..<index + length]
            }
            index += length
        }
    }

    private static func escape(_ byte: UInt8, to result: inout [UInt8]) {
        result.append(92)
        switch byte {
        case 27: result.append(UInt8(ascii: "e"))
        case 10: result.append(UInt8(ascii: "n"))
        case 13: result.append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            result += [UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
}

/// The same for a text that comes in pieces, which may cut characters.
public struct ShownStream {
    private var begun: [UInt8] = []

    public init() {}

    /// What may be shown now. The beginning of a character waits for its end.
    public mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        begun += Array(bytes)
        var end = begun.count
        for back in 1...3 where back <= begun.count {
            let first = begun[begun.count - back]
            if first & 0xC0 == 0x80 { continue }
            if first >= 0xC2, first < 0xF5, back < (first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2) { end -= back }
            break
        }
        var result: [UInt8] = []
        ShownText.append(begun[..<end], to: &result, keeps: { $0 == 10 || $0 == 9 })
        begun.removeFirst(end)
        return result
    }

    /// What still waits, as it is.
    public mutating func finish() -> [UInt8] {
        defer { begun = [] }
        return begun
    }
}
