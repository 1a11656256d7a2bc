/// Bytes that a script or a pipe gives, cut into lines. Nothing is edited or echoed.
struct ScriptLines {
    enum Outcome {
        case none
        case line([UInt8])
        /// A line of more than `LineEditor.longest` bytes has ended and isn't kept: half a command may be another command.
        case tooLong
    }

    private var partial: [UInt8] = []
    private var isTooLong = false

    mutating func feed(_ byte: UInt8) -> Outcome {
        switch byte {
        case 10: return end()
        case 13, 0: break
        default: if partial.count < LineEditor.longest { partial.append(byte) } else { isTooLong = true }
        }
        return .none
    }

    /// What stands there counts as a line, also without its end.
    mutating func end() -> Outcome {
        defer { clear() }
        if isTooLong { return .tooLong }
        return partial.isEmpty ? .none : .line(partial)
    }

    mutating func clear() {
        partial.removeAll(keepingCapacity: true)
        isTooLong = false
    }
}
