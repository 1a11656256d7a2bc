import Platform
import Pose

/// A text command cut into words, with checked conversions.
struct TextCommand {
    private let words: [String]

    init(_ text: String) {
        var found: [String] = [], word: [UInt8] = []
        for byte in text.utf8 {
            if byte == 32 || byte == 9 || byte == 10 || byte == 13 {
                if !word.isEmpty { found.append(String(decoding: word, as: UTF8.self)) }
                word = []
            } else {
                word.append(byte)
            }
        }
        if !word.isEmpty { found.append(String(decoding: word, as: UTF8.self)) }
        words = found
    }

    var count: Int { words.count }
    var verb: String? { words.first }
    func word(_ index: Int) -> String? { index < words.count ? words[index] : nil }

    func expect(_ counts: ClosedRange<Int>) throws(Failure) {
        guard counts.contains(words.count) else {
            throw Failure(.usage, "\(words[0]) takes \(counts.lowerBound - 1)" + (counts.count > 1 ? " to \(counts.upperBound - 1)" : "")
                          + " arguments")
        }
    }

    func wrong(_ index: Int, _ wanted: String) -> Failure {
        Failure(.usage, "\(words[0]): \(word(index) ?? "nothing") is not \(wanted)")
    }

    func address(_ index: Int) throws(Failure) -> UInt8 {
        guard let value = integer(index), (0x03...0x77).contains(value) else { throw wrong(index, "an I2C address (0x03 to 0x77)") }
        return UInt8(value)
    }

    func byte(_ index: Int) throws(Failure) -> UInt8 {
        guard let value = integer(index), (0...255).contains(value) else { throw wrong(index, "a byte (0x00 to 0xff)") }
        return UInt8(value)
    }

    func count(_ index: Int, default fallback: Int) throws(Failure) -> Int {
        guard word(index) != nil else { return fallback }
        guard let value = integer(index), (0...1_000_000).contains(value) else { throw wrong(index, "a count") }
        return value
    }

    func seconds(_ index: Int) throws(Failure) -> Double { try number(index, 0...86_400) }

    func number(_ index: Int, _ range: ClosedRange<Double>) throws(Failure) -> Double {
        guard let word = word(index) else { throw wrong(index, "a number") }
        var text = word
        let value = text.withUTF8 { DecimalParser.parse(UnsafeRawBufferPointer($0)) }
        guard let value, range.contains(value) else {
            throw wrong(index, "a number from \(fixed(range.lowerBound, decimals: 1)) to \(fixed(range.upperBound, decimals: 1))")
        }
        return value
    }

    /// "0x1b", or "2:0x01" in bank 2.
    func register(_ index: Int) throws(Failure) -> Int {
        guard let word = word(index) else { throw wrong(index, "a register") }
        let bytes = Array(word.utf8)
        var bank = 0, start = 0
        if let colon = bytes.firstIndex(of: 58) {
            guard let value = Self.parse(bytes[0..<colon]), (0...7).contains(value) else {
                throw wrong(index, "a register (BANK:REGISTER)")
            }
            bank = value
            start = colon + 1
        }
        guard let value = Self.parse(bytes[start...]), (0...255).contains(value) else { throw wrong(index, "a register") }
        return bank * 256 + value
    }

    private func integer(_ index: Int) -> Int? {
        guard let word = word(index) else { return nil }
        return Self.parse(Array(word.utf8)[...])
    }

    /// Decimal, or hexadecimal after 0x.
    private static func parse(_ bytes: ArraySlice<UInt8>) -> Int? {
        let digits: ArraySlice<UInt8>, base: Int
        if bytes.count > 2, bytes[bytes.startIndex] == 48, bytes[bytes.startIndex + 1] | 32 == 120 {
            (digits, base) = (bytes.dropFirst(2), 16)
        } else {
            (digits, base) = (bytes, 10)
        }
        guard !digits.isEmpty, digits.count <= 9 else { return nil }
        var value = 0
        for byte in digits {
            let digit: Int
            switch byte {
            case 48...57: digit = Int(byte) - 48
            case 65...70: digit = Int(byte) - 55
            case 97...102: digit = Int(byte) - 87
            default: return nil
            }
            guard digit < base else { return nil }
            value = value * base + digit
        }
        return value
    }
}
