/// Characters in bytes that may be anything: lengths, columns, and a form that is safe to show.
public enum UTF8Text {
    /// The character at `index`: its scalar and its length; U+FFFD of one byte where the bytes aren't UTF-8.
    public static func decode(_ bytes: ArraySlice<UInt8>, at index: Int) -> (scalar: UInt32, length: Int) {
        let first = bytes[index]
        if first < 0x80 { return (UInt32(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first < 0xF5, index + length <= bytes.endIndex else { return (0xFFFD, 1) }
        var scalar = UInt32(first) & (0x7F >> UInt32(length))
        for offset in 1..<length {
            let byte = bytes[index + offset]
            guard byte & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard scalar >= least, scalar <= 0x10FFFF, scalar < 0xD800 || scalar > 0xDFFF else { return (0xFFFD, 1) }
        return (scalar, length)
    }

    /// The index after the character at `index`.
    public static func next(_ bytes: [UInt8], _ index: Int) -> Int {
        index < bytes.count ? index + decode(bytes[...], at: index).length : bytes.count
    }

    /// The index of the character before `index`.
    public static func previous(_ bytes: [UInt8], _ index: Int) -> Int {
        // The longest that fits: the last byte alone is never a whole character of several.
        for back in [4, 3, 2] where index - back >= 0 {
            if decode(bytes[...], at: index - back).length == back { return index - back }
        }
        return max(0, index - 1)
    }

    /// Columns of a terminal; East Asian wide characters and emoji take two.
    public static func width(_ bytes: ArraySlice<UInt8>) -> Int {
        var index = bytes.startIndex, columns = 0
        while index < bytes.endIndex {
            let (scalar, length) = decode(bytes, at: index)
            columns += width(scalar)
            index += length
        }
        return columns
    }

    private static func width(_ scalar: UInt32) -> Int {
        switch scalar {
        case 0x0300...0x036F, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
             0x1F300...0x1FAFF, 0x20000...0x3FFFD: return 2
        default: return 1
        }
    }

    /// The bytes as they may go to a terminal: control characters and broken UTF-8 become "?".
    public static func appendShown(_ bytes: ArraySlice<UInt8>, to screen: inout [UInt8]) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let (scalar, length) = decode(bytes, at: index)
            // C1 controls (U+0080 to U+009F) are controls as well, whatever their coding.
            if scalar < 32 || scalar == 0xFFFD && length == 1 || (scalar >= 0x7F && scalar < 0xA0) {
                screen.append(63)
            } else {
                screen += bytes[index..<index + length]
            }
            index += length
        }
    }
}
