/// A key, as terminals send it.
enum Key: Equatable {
    case byte(UInt8)
    case up, down, left, right, home, end, delete
    case wordLeft, wordRight, killWord
}

/// Takes escape sequences apart (ECMA-48: ESC [ parameters final, ESC O final, ESC letter). What it doesn't know it
/// swallows whole.
struct EscapeDecoder {
    private enum State { case ground, escape, sequence, single }
    private var state = State.ground
    private var parameter = 0
    private var length = 0

    /// The key that the byte completes; nil in the middle of one.
    mutating func decode(_ byte: UInt8) -> Key? {
        switch state {
        case .ground:
            guard byte == 27 else { return .byte(byte) }
            state = .escape
            return nil
        case .escape:
            state = .ground
            switch byte {
            case UInt8(ascii: "["):
                state = .sequence
                parameter = 0
                length = 0
                return nil
            case UInt8(ascii: "O"):
                state = .single
                return nil
            case 27:
                state = .escape
                return nil
            case UInt8(ascii: "b"): return .wordLeft
            case UInt8(ascii: "f"): return .wordRight
            case UInt8(ascii: "d"): return .killWord
            // A control key after a stray escape still is that key: Ctrl-C must always work.
            case 0..<32: return .byte(byte)
            default: return nil
            }
        case .single:
            state = .ground
            return byte < 32 ? .byte(byte) : arrow(byte)
        case .sequence:
            length += 1
            if byte >= 48, byte <= 57 {
                parameter = min(parameter * 10 + Int(byte - 48), 9999)
                if length < 32 { return nil }
            } else if byte == 59 {
                // ESC [ 1 ; 5 C: the modifier counts.
                parameter = 0
                if length < 32 { return nil }
            } else if byte >= 32, byte < 64, length < 32 {
                return nil
            }
            state = .ground
            if byte < 32 { return .byte(byte) }
            if byte == UInt8(ascii: "~") {
                switch parameter {
                case 1, 7: return .home
                case 4, 8: return .end
                case 3: return .delete
                default: return nil
                }
            }
            if parameter >= 3, byte == UInt8(ascii: "C") { return .wordRight }
            if parameter >= 3, byte == UInt8(ascii: "D") { return .wordLeft }
            return arrow(byte)
        }
    }

    private func arrow(_ byte: UInt8) -> Key? {
        switch byte {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return .right
        case UInt8(ascii: "D"): return .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        default: return nil
        }
    }
}
