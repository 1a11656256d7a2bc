// Numbers as text. Embedded Swift has no printf and no formatting of floating-point numbers.

/// A number with a fixed count of decimals (0 to 9), rounded half away from zero: fixed(2.345, decimals: 2) is "2.35".
public func fixed(_ value: Double, decimals: Int) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    let decimals = min(max(decimals, 0), 9)
    var power = 1.0
    for _ in 0..<decimals { power *= 10 }
    let scaled = (value.magnitude * power).rounded()
    guard scaled < 9e18 else { return value < 0 ? "-9e18 or less" : "9e18 or more" }
    let whole = Int64(scaled)
    var digits = "\(whole)"
    if digits.utf8.count <= decimals { digits = repeated("0", decimals + 1 - digits.utf8.count) + digits }
    let bytes = Array(digits.utf8), point = bytes.count - decimals
    var text = String(decoding: bytes[..<point], as: UTF8.self)
    if decimals > 0 { text += "." + String(decoding: bytes[point...], as: UTF8.self) }
    return value < 0 && whole != 0 ? "-" + text : text
}

/// The same for a Float, whose exact value is rounded: fixed(Float(0.35), decimals: 1) is "0.3".
public func fixed(_ value: Float, decimals: Int) -> String { fixed(Double(value), decimals: decimals) }

/// The text with spaces before it up to a width in characters.
public func padLeft(_ text: String, _ width: Int) -> String { repeated(" ", width - text.unicodeScalars.count) + text }

/// The text with spaces after it up to a width in characters.
public func padRight(_ text: String, _ width: Int) -> String { text + repeated(" ", width - text.unicodeScalars.count) }

/// "3.25 MB" (10⁶ bytes); "812 B" and "14.2 kB" where that says more.
public func megabytes(_ bytes: Int) -> String { megabytes(Int64(bytes)) }

/// The same for what may be larger than this processor's addresses: a 32-bit board's whole memory.
public func megabytes(_ bytes: Int64) -> String {
    if bytes.magnitude < 1000 { return "\(bytes) B" }
    if bytes.magnitude < 1_000_000 { return fixed(Double(bytes) / 1e3, decimals: 1) + " kB" }
    return fixed(Double(bytes) / 1e6, decimals: 2) + " MB"
}

/// Nanoseconds as "1.234 ms".
public func milliseconds(_ nanoseconds: Int64, decimals: Int = 3) -> String {
    fixed(Double(nanoseconds) / 1e6, decimals: decimals) + " ms"
}

/// The text `count` times over; empty where `count` is 0 or less.
public func repeated(_ text: String, _ count: Int) -> String {
    var result = ""
    var left = count
    while left > 0 {
        result += text
        left -= 1
    }
    return result
}
