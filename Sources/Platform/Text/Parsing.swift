/// The parts of a text between separators.
public func split(_ text: String, at separator: Character) -> [String] {
    guard let mark = separator.asciiValue else { return [text] }
    var parts: [String] = []
    var part: [UInt8] = []
    for byte in text.utf8 {
        if byte == mark {
            parts.append(String(decoding: part, as: UTF8.self))
            part.removeAll(keepingCapacity: true)
        } else {
            part.append(byte)
        }
    }
    parts.append(String(decoding: part, as: UTF8.self))
    return parts
}

/// A decimal number such as -12, 0.5 or 1e-3; nil for anything else. Embedded Swift has no parsing of reals.
public func decimal(_ text: String) -> Float? {
    var value: Double = 0, exponent = 0, digits = 0
    var isNegative = false, hasPoint = false
    let bytes = Array(text.utf8)
    var position = 0
    while position < bytes.count, bytes[position] == 32 { position += 1 }
    if position < bytes.count, bytes[position] == 45 || bytes[position] == 43 {
        isNegative = bytes[position] == 45
        position += 1
    }
    while position < bytes.count {
        let byte = bytes[position]
        if byte >= 48, byte <= 57 {
            value = value * 10 + Double(byte - 48)
            digits += 1
            if hasPoint { exponent -= 1 }
        } else if byte == 46, !hasPoint {
            hasPoint = true
        } else {
            break
        }
        position += 1
    }
    guard digits > 0, digits < 300 else { return nil }
    if position < bytes.count, bytes[position] | 0x20 == 101 {
        guard let power = Int(String(decoding: bytes[(position + 1)...], as: UTF8.self)), abs(power) < 300 else { return nil }
        exponent += power
        position = bytes.count
    }
    while position < bytes.count, bytes[position] == 32 || bytes[position] == 13 { position += 1 }
    guard position == bytes.count else { return nil }
    while exponent > 0 { value *= 10; exponent -= 1 }
    while exponent < 0 { value /= 10; exponent += 1 }
    return Float(isNegative ? -value : value)
}
