/// What pre-tokenizers tell apart: Unicode's L and N categories, White_Space, and the rest.
enum CharacterClass: UInt8 {
    case other = 0, letter, number, space
}

/// A character of UTF-8 text. A byte that is no part of valid UTF-8 is a character of its own, of class other.
struct ScannedCharacter {
    var length: Int
    var kind: CharacterClass

    @inline(__always)
    init(_ text: UnsafeRawBufferPointer, at position: Int, end: Int) {
        let first = text[position]
        if first < 0x80 {
            length = 1
            kind = asciiClass(first)
        } else {
            let scalar = utf8Scalar(text, at: position, end: end)
            length = scalar.length
            kind = scalar.isValid ? characterClass(of: scalar.value) : .other
        }
    }
}

/// The scalar at a position: its value and bytes. Overlong forms, surrogates and what is cut off are invalid: one byte.
@inline(__always)
func utf8Scalar(_ text: UnsafeRawBufferPointer, at position: Int, end: Int) -> (value: UInt32, length: Int, isValid: Bool) {
    let first = UInt32(text[position])
    if first < 0x80 { return (first, 1, true) }
    let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    guard first >= 0xc2, first <= 0xf4, length <= end - position else { return (0xfffd, 1, false) }
    var value = first & (0x7f >> UInt32(length))
    for index in 1..<length {
        let byte = UInt32(text[position + index])
        guard byte & 0xc0 == 0x80 else { return (0xfffd, 1, false) }
        value = value << 6 | byte & 0x3f
    }
    let least: UInt32 = length == 4 ? 0x1_0000 : length == 3 ? 0x800 : 0x80
    guard value >= least, value <= 0x10_ffff, value & 0xffff_f800 != 0xd800 else { return (0xfffd, 1, false) }
    return (value, length, true)
}

@inline(__always)
func asciiClass(_ byte: UInt8) -> CharacterClass {
    switch byte {
    case 0x61...0x7a, 0x41...0x5a: .letter
    case 0x30...0x39: .number
    case 0x20, 0x09...0x0d: .space
    default: .other
    }
}

/// By binary search among the boundaries of classes.
func characterClass(of scalar: UInt32) -> CharacterClass {
    var low = 0, high = characterClassBoundaries.count
    let key = scalar << 2 | 3
    while high - low > 1 {
        let middle = (low + high) / 2
        if characterClassBoundaries[middle] <= key { low = middle } else { high = middle }
    }
    return CharacterClass(rawValue: UInt8(characterClassBoundaries[low] & 3)) ?? .other
}
