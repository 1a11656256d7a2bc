// Words and whole numbers in a text, as the kernel's files and names have them.

/// "gpiochip", "gpiochip12" → 12; nil where anything but up to nine digits follows the prefix.
public func number(after prefix: String, in text: String) -> Int? {
    let bytes = Array(text.utf8), start = Array(prefix.utf8)
    guard bytes.count > start.count, bytes.count <= start.count + 9 else { return nil }
    for index in 0..<start.count where bytes[index] != start[index] { return nil }
    var value = 0
    for byte in bytes[start.count...] {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int(byte - 48)
    }
    return value
}

/// "/dev/gpiochip0" → "gpiochip0".
public func lastComponent(_ path: String) -> String {
    let bytes = Array(path.utf8)
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(decoding: bytes[(slash + 1)...], as: UTF8.self)
}

/// The text between white space.
public func splitWords(_ text: String) -> [String] {
    var result: [String] = [], word: [UInt8] = []
    for byte in text.utf8 {
        if byte == 32 || (byte >= 9 && byte <= 13) || byte == 0 {
            if !word.isEmpty { result.append(String(decoding: word, as: UTF8.self)) }
            word.removeAll(keepingCapacity: true)
        } else {
            word.append(byte)
        }
    }
    if !word.isEmpty { result.append(String(decoding: word, as: UTF8.self)) }
    return result
}

/// A decimal integer with an optional sign and nothing after it but white space; nil otherwise.
public func decimalInteger(_ text: String) -> Int64? {
    let parts = splitWords(text)
    return parts.count == 1 ? Int64(parts[0], radix: 10) : nil
}
