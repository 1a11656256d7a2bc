/// Decimal numbers from bytes without a copy: sign, digits, fraction, exponent, `nan`. Correct to a few units of
/// Double's last place, which is far below any sensor's resolution.
public enum DecimalParser {
    /// nil where the bytes are not one number with optional blanks around it. An empty field is NaN: a missing sample.
    public static func parse(_ bytes: UnsafeRawBufferPointer) -> Double? {
        var position = 0
        var end = bytes.count
        while position < end, bytes[position] == 32 || bytes[position] == 9 { position += 1 }
        while end > position, bytes[end - 1] == 32 || bytes[end - 1] == 9 { end -= 1 }
        guard position < end else { return .nan }
        var negative = false
        if bytes[position] == 45 || bytes[position] == 43 {
            negative = bytes[position] == 45
            position += 1
        }
        if let word = word(bytes, position, end) { return negative ? -word : word }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        var pastPoint = false
        while position < end {
            let byte = bytes[position]
            if byte == 46, !pastPoint {
                pastPoint = true
            } else if byte >= 48, byte <= 57 {
                digits += 1
                // Past 18 digits only the magnitude matters.
                if mantissa < 100_000_000_000_000_000 {
                    mantissa = mantissa * 10 + UInt64(byte - 48)
                    if pastPoint { exponent -= 1 }
                } else if !pastPoint {
                    exponent += 1
                }
            } else {
                break
            }
            position += 1
        }
        guard digits > 0 else { return nil }
        if position < end {
            guard bytes[position] | 32 == 101 else { return nil }
            position += 1
            var down = false
            if position < end, bytes[position] == 45 || bytes[position] == 43 {
                down = bytes[position] == 45
                position += 1
            }
            guard position < end else { return nil }
            var value = 0
            while position < end {
                guard bytes[position] >= 48, bytes[position] <= 57 else { return nil }
                value = min(value * 10 + Int(bytes[position] - 48), 10_000)
                position += 1
            }
            exponent += down ? -value : value
        }
        let magnitude = scaled(Double(mantissa), exponent)
        return negative ? -magnitude : magnitude
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Double? {
        guard end - start == 3 else { return nil }
        let letters = (bytes[start] | 32, bytes[start + 1] | 32, bytes[start + 2] | 32)
        if letters == (110, 97, 110) { return .nan }
        if letters == (105, 110, 102) { return .infinity }
        return nil
    }

    private static func scaled(_ value: Double, _ exponent: Int) -> Double {
        var result = value
        var power = min(abs(exponent), 700)
        var base = 10.0
        var factor = 1.0
        // Two steps keep 1e-320 from passing through infinity.
        if power > 300 {
            result = exponent < 0 ? result / 1e300 : result * 1e300
            power -= 300
        }
        power = min(power, 300)
        while power > 0 {
            if power & 1 == 1 { factor *= base }
            base *= base
            power >>= 1
        }
        return exponent < 0 ? result / factor : result * factor
    }
}
