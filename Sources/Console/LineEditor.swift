import Platform

/// The editing of one line on a byte stream: bytes in, bytes to draw out. Knows nothing of descriptors.
///
/// Keys are Emacs's, as on every shell, and the arrows; bytes that mean nothing are ignored, so noise on a serial line
/// can't do worse than a wrong line. Lines that don't fit scroll sideways.
public struct LineEditor {
    /// What a byte led to: mostly nothing but a change of the line.
    public enum Outcome: Equatable {
        case none
        /// A whole line, as typed.
        case line([UInt8])
        /// A line that was longer than `longest`: not kept, since half a command may be another command.
        case tooLong
        /// Ctrl-C; Ctrl-D on an empty line; Tab.
        case interrupt, endOfInput, completion
    }

    public static let longest = 1000
    public private(set) var text: [UInt8] = []
    /// A byte offset, always at the start of a character.
    public private(set) var cursor = 0
    public var prompt: String
    /// Columns of the terminal.
    public var columns = 80
    public var history = History()
    private var killed: [UInt8] = []
    private var overflowed = false
    private var escape = EscapeDecoder()
    private var lastWasReturn = false
    /// First byte shown, where the line is longer than the terminal is wide.
    private var window = 0

    public init(prompt: String) { self.prompt = prompt }

    /// Takes one byte; what changed on the screen is appended to `screen`.
    public mutating func feed(_ byte: UInt8, screen: inout [UInt8]) -> Outcome {
        let wasReturn = lastWasReturn
        lastWasReturn = byte == 13
        guard let key = escape.decode(byte) else { return .none }
        switch key {
        case .byte(13): return submit(&screen)
        // The second half of CR LF.
        case .byte(10): return wasReturn ? .none : submit(&screen)
        case .byte(3):
            screen += Array("^C\r\n".utf8)
            clear()
            return .interrupt
        case .byte(4):
            if text.isEmpty { return .endOfInput }
            deleteForwards()
        case .byte(9): return .completion
        case .byte(8), .byte(127): deleteBackwards()
        case .byte(12): screen += Array("\u{1B}[H\u{1B}[2J".utf8)
        case .byte(11): kill(cursor..<text.count)
        case .byte(21): kill(0..<cursor)
        case .byte(23): kill(wordStart()..<cursor)
        case .byte(25): insert(killed)
        case .byte(20): transpose()
        case .home, .byte(1): cursor = 0
        case .end, .byte(5): cursor = text.count
        case .left, .byte(2): cursor = UTF8Text.previous(text, cursor)
        case .right, .byte(6): cursor = UTF8Text.next(text, cursor)
        case .wordLeft: cursor = wordStart()
        case .wordRight: cursor = wordEnd()
        case .killWord: kill(cursor..<wordEnd())
        case .up, .byte(16): recall(history.older(than: text))
        case .down, .byte(14): recall(history.newer())
        case .delete: deleteForwards()
        case .byte(let byte) where byte >= 32:
            let atEnd = cursor == text.count
            insert([byte])
            // The common case: nothing to redraw but the character itself.
            if atEnd, byte < 127, !overflowed, promptWidth + UTF8Text.width(text[window...]) < columns - 1 {
                screen.append(byte)
                return .none
            }
        default: return .none
        }
        draw(&screen)
        return .none
    }

    private mutating func submit(_ screen: inout [UInt8]) -> Outcome {
        cursor = text.count
        screen += [13, 10]
        let line = text, wasTooLong = overflowed
        clear()
        if wasTooLong { return .tooLong }
        history.add(line)
        return .line(line)
    }

    /// Forgets the line.
    public mutating func clear() {
        text.removeAll(keepingCapacity: true)
        cursor = 0
        window = 0
        overflowed = false
        history.leave()
    }

    /// Puts bytes in at the cursor; more than fit are refused, and so is the line.
    public mutating func insert(_ bytes: [UInt8]) {
        guard text.count + bytes.count <= Self.longest else {
            overflowed = true
            return
        }
        text.insert(contentsOf: bytes, at: cursor)
        cursor += bytes.count
    }

    /// Takes bytes away before the cursor, for completion.
    public mutating func removeBeforeCursor(_ count: Int) {
        let start = max(0, cursor - count)
        text.removeSubrange(start..<cursor)
        cursor = start
    }

    private mutating func deleteBackwards() {
        let start = UTF8Text.previous(text, cursor)
        text.removeSubrange(start..<cursor)
        cursor = start
    }

    private mutating func deleteForwards() { text.removeSubrange(cursor..<UTF8Text.next(text, cursor)) }

    private mutating func kill(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        killed = Array(text[range])
        text.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func transpose() {
        guard cursor > 0, text.count > 1 else { return }
        let middle = cursor == text.count ? UTF8Text.previous(text, cursor) : cursor
        let start = UTF8Text.previous(text, middle), end = UTF8Text.next(text, middle)
        guard start < middle, middle < end else { return }
        let swapped = Array(text[middle..<end]) + Array(text[start..<middle])
        text.replaceSubrange(start..<end, with: swapped)
        cursor = end
    }

    private mutating func recall(_ line: [UInt8]?) {
        guard let line else { return }
        text = line
        cursor = line.count
        window = 0
    }

    private func wordStart() -> Int {
        var position = cursor
        while position > 0, text[position - 1] == 32 { position -= 1 }
        while position > 0, text[position - 1] != 32 { position -= 1 }
        return position
    }

    private func wordEnd() -> Int {
        var position = cursor
        while position < text.count, text[position] == 32 { position += 1 }
        while position < text.count, text[position] != 32 { position += 1 }
        return position
    }

    private var promptWidth: Int { UTF8Text.width(Array(prompt.utf8)[...]) }

    /// Draws prompt and line anew on the present row.
    public mutating func draw(_ screen: inout [UInt8]) {
        let room = max(8, columns - promptWidth - 1)
        if cursor < window { window = cursor }
        if UTF8Text.width(text[...]) <= room { window = 0 }
        while UTF8Text.width(text[window..<cursor]) > room { window = UTF8Text.next(text, window) }
        var end = window, width = 0
        while end < text.count {
            let next = UTF8Text.next(text, end)
            width += UTF8Text.width(text[end..<next])
            if width > room { break }
            end = next
        }
        screen += Array("\r\u{1B}[K".utf8)
        screen += Array(prompt.utf8)
        UTF8Text.appendShown(text[window..<end], to: &screen)
        let back = UTF8Text.width(text[cursor..<max(end, cursor)])
        if back > 0 { screen += Array("\u{1B}[\(back)D".utf8) }
    }

    /// Takes the line off the screen, so that something else can be written there.
    public func erase(_ screen: inout [UInt8]) { screen += Array("\r\u{1B}[K".utf8) }
}
