import Platform

/// In which characters Chinese is written.
public enum ChineseScript: Sendable, Equatable {
    case simplified, traditional
    /// As it came.
    case unchanged

    /// UTF-8 text in this script. To simplified characters and phrases as OpenCC has them; to traditional each character by its
    /// usual form, which is a guess where several share a simplified one.
    public func convert(_ text: [UInt8]) -> [UInt8] {
        guard self != .unchanged else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if self == .simplified, text[index] >= 0xE3, let phrase = ScriptPhrases.match(text, at: index) {
                result += phrase.replacement
                index += phrase.bytes
                continue
            }
            let (scalar, length) = UTF8Text.decode(text[...], at: index)
            if length == 3, let other = self == .simplified ? ScriptCharacters.simplified(scalar) : ScriptCharacters.traditional(scalar) {
                result += [0xE0 | UInt8(other >> 12), 0x80 | UInt8(other >> 6 & 63), 0x80 | UInt8(other & 63)]
            } else {
                result += text[index..<index + length]
            }
            index += length
        }
        return result
    }
}

/// The table of characters, read from its beginning each time: a text has few, and nothing is unpacked.
enum ScriptCharacters {
    private static let base: UInt32 = 0x3400, usual: UInt32 = 0x8000

    static func simplified(_ scalar: UInt32) -> UInt32? { find { traditional, _, _ in traditional == scalar }?.simplified }

    static func traditional(_ scalar: UInt32) -> UInt32? {
        find { _, simplified, isUsual in isUsual && simplified == scalar }?.traditional
    }

    private static func find(_ isWanted: (UInt32, UInt32, Bool) -> Bool) -> (traditional: UInt32, simplified: UInt32)? {
        let table = chineseScriptCharacters
        var index = 0, traditional = base
        while index < table.count {
            var step = UInt32(table[index])
            index += 1
            if step == 255 {
                step = UInt32(table[index]) | UInt32(table[index + 1]) << 8
                index += 2
            }
            traditional += step
            let code = UInt32(table[index]) | UInt32(table[index + 1]) << 8
            index += 2
            let simplified = (code & ~usual) + base
            if isWanted(traditional, simplified, code & usual != 0) { return (traditional, simplified) }
        }
        return nil
    }
}

/// The table of phrases.
enum ScriptPhrases {
    /// The phrase that the text has at `index`, and how many bytes it takes there.
    static func match(_ text: [UInt8], at index: Int) -> (replacement: [UInt8], bytes: Int)? {
        let table = UnsafeBufferPointer(start: chineseScriptPhrases.utf8Start, count: chineseScriptPhrases.utf8CodeUnitCount)
        var start = 0
        while start < table.count {
            var end = start
            while end < table.count, table[end] != 10 { end += 1 }
            // All characters of the table have three bytes.
            let length = (end - start) / 2
            var same = 0
            while same < length, index + same < text.count, table[start + same] == text[index + same] { same += 1 }
            if same == length { return (Array(table[start + length..<end]), length) }
            start = end + 1
        }
        return nil
    }
}
