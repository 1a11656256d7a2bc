/// Puts bytes together to whole UTF-8 characters, so that output never ends in the middle of one. What can't be part
/// of a character becomes U+FFFD, as the Unicode standard (chapter 3, "maximal subparts") recommends.
public struct CharacterStream: Sendable {
    /// The bytes of an unfinished character, lowest byte first.
    private var pending: UInt32 = 0
    private var count = 0
    /// Continuation bytes still to come, and the range that the next of them must be in.
    private var missing = 0
    private var lowest: UInt8 = 0x80, highest: UInt8 = 0xBF

    public init() {}

    /// Takes the next byte of the text; `emit` gets the bytes of what became certain by it: none, a character, or U+FFFD and more.
    public mutating func take(_ byte: UInt8, _ emit: (UInt8) -> Void) {
        if missing > 0 {
            if byte >= lowest && byte <= highest {
                pending |= UInt32(byte) << UInt32(8 * count)
                count += 1
                missing -= 1
                (lowest, highest) = (0x80, 0xBF)
                if missing == 0 { flush(emit) }
                return
            }
            replace(emit)
        }
        (lowest, highest) = (0x80, 0xBF)
        switch byte {
        case 0...0x7F: return emit(byte)
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF:
            missing = 2
            if byte == 0xE0 { lowest = 0xA0 }
            if byte == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            missing = 3
            if byte == 0xF0 { lowest = 0x90 }
            if byte == 0xF4 { highest = 0x8F }
        default: return replace(emit)
        }
        pending = UInt32(byte)
        count = 1
    }

    /// The end of the text: an unfinished character is a damaged one.
    public mutating func finish(_ emit: (UInt8) -> Void) { if missing > 0 { replace(emit) } }

    private mutating func flush(_ emit: (UInt8) -> Void) {
        for i in 0..<count { emit(UInt8(truncatingIfNeeded: pending >> UInt32(8 * i))) }
        count = 0
    }

    private mutating func replace(_ emit: (UInt8) -> Void) {
        emit(0xEF)
        emit(0xBF)
        emit(0xBD)
        count = 0
        missing = 0
    }
}
