@testable import Console
import Foundation
import Platform
import Testing

@Suite struct LineEditorTests {
    /// Feeds bytes; the lines that came, and what the screen was sent.
    private func feed(_ bytes: [UInt8], _ editor: inout LineEditor) -> (lines: [String], outcomes: [LineEditor.Outcome], screen: [UInt8]) {
        var lines: [String] = [], outcomes: [LineEditor.Outcome] = [], screen: [UInt8] = []
        for byte in bytes {
            let outcome = editor.feed(byte, screen: &screen)
            if case .line(let line) = outcome { lines.append(String(decoding: line, as: UTF8.self)) }
            if outcome != .none { outcomes.append(outcome) }
        }
        return (lines, outcomes, screen)
    }

    private func lines(_ text: String) -> [String] {
        var editor = LineEditor(prompt: "> ")
        return feed(Array(text.utf8), &editor).lines
    }

    @Test func editing() {
        #expect(lines("status\r") == ["status"])
        #expect(lines("a\r\nb\nc\r") == ["a", "b", "c"])
        #expect(lines("stts\u{1B}[D\u{1B}[Da\u{1B}[C\u{1B}[Cx\u{8}\r") == ["stats"])
        #expect(lines("world\u{1}hello \u{5}!\r") == ["hello world!"])
        #expect(lines("one two three\u{17}\u{17}\r") == ["one "])
        #expect(lines("abc\u{15}def\u{19}\r") == ["defabc"])
        #expect(lines("abcdef\u{2}\u{2}\u{B}\r") == ["abcd"])
        #expect(lines("ab\u{14}\r") == ["ba"])
        #expect(lines("one two\u{1B}b\u{1B}dx\r") == ["one x"])
        #expect(lines("ab\u{1B}[1~\u{1B}[3~\r") == ["b"])
        #expect(lines("x\u{1B}[1;5Dy\r") == ["yx"])
        #expect(lines("語鳥\u{1B}[D\u{7F}\r") == ["鳥"])
        #expect(lines("ab\u{4}\r") == ["ab"])
    }

    @Test func history() {
        #expect(lines("one\rtwo\r\u{1B}[A\r\u{1B}[A\u{1B}[A\r") == ["one", "two", "two", "one"])
        #expect(lines("one\rhal\u{10}\u{E}f\r") == ["one", "half"])
        var editor = LineEditor(prompt: "> ")
        for number in 0..<200 { _ = feed(Array("line \(number)\r".utf8), &editor) }
        #expect(editor.history.lines.count == History.capacity)
    }

    @Test func keysThatEnd() {
        var editor = LineEditor(prompt: "> ")
        #expect(feed([4], &editor).outcomes == [.endOfInput])
        #expect(feed(Array("abc\u{3}".utf8), &editor).outcomes == [.interrupt])
        #expect(editor.text.isEmpty)
        // A stray escape before it changes nothing.
        #expect(feed([27, 3], &editor).outcomes == [.interrupt])
        #expect(feed(Array("\u{1B}[12".utf8) + [3], &editor).outcomes == [.interrupt])
    }

    @Test func longLinesAreRefusedWhole() {
        var editor = LineEditor(prompt: "> ")
        let result = feed([UInt8](repeating: 97, count: 100_000) + [13], &editor)
        #expect(result.outcomes == [.tooLong] && result.lines.isEmpty)
        #expect(feed(Array("ok\r".utf8), &editor).lines == ["ok"])
    }

    /// What a terminal of this width shows on the row, so far as the editor uses it.
    private func row(_ screen: [UInt8], columns: Int) -> (text: [UInt32], cursor: Int) {
        var cells: [UInt32] = [], cursor = 0, index = 0
        while index < screen.count {
            let byte = screen[index]
            if byte == 13 {
                cursor = 0
            } else if byte == 10 {
                cells = []
            } else if byte == 27 {
                var end = index + 2, number = 0
                while end < screen.count, screen[end] >= 48, screen[end] <= 57 {
                    number = number * 10 + Int(screen[end] - 48)
                    end += 1
                }
                if screen[end] == 75 { cells.removeSubrange(min(cursor, cells.count)...) }
                if screen[end] == 68 { cursor -= number }
                index = end
            } else if byte >= 32 {
                let (scalar, length) = UTF8Text.decode(screen[...], at: index)
                while cells.count <= cursor { cells.append(32) }
                cells[cursor] = scalar
                cursor += 1
                index += length - 1
            }
            index += 1
        }
        return (cells, cursor)
    }

    @Test func screenShowsWhatIsThere() {
        var generator = SystemRandomNumberGenerator()
        let keys = ["a", "b", " ", "xyz", "\u{1B}[D", "\u{1B}[C", "\u{1}", "\u{5}", "\u{8}", "\u{4}", "\u{17}", "\u{B}", "\u{19}", "q"]
        for _ in 0..<300 {
            var editor = LineEditor(prompt: "> ")
            editor.columns = 30
            var screen: [UInt8] = []
            editor.draw(&screen)
            for _ in 0..<80 {
                let key = keys.randomElement(using: &generator)!
                if key == "\u{4}", editor.text.isEmpty { continue }
                for byte in key.utf8 { _ = editor.feed(byte, screen: &screen) }
            }
            let shown = row(screen, columns: 30)
            let text = editor.text.map { UInt32($0) }
            #expect(shown.cursor < 30 && shown.cursor >= 2)
            if text.count < 26 {
                #expect(Array(shown.text.dropFirst(2)) == text && shown.cursor == 2 + editor.cursor)
            }
        }
    }

    @Test func noiseDoesNoHarm() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var editor = LineEditor(prompt: "> ")
            var screen: [UInt8] = []
            for _ in 0..<2000 { _ = editor.feed(UInt8.random(in: 0...255, using: &generator), screen: &screen) }
            #expect(editor.text.count <= LineEditor.longest && editor.cursor <= editor.text.count)
            // What went to the terminal is text and the sequences above, whatever came in.
            var index = 0
            while index < screen.count {
                let byte = screen[index]
                #expect(byte >= 32 || [7, 10, 13, 27].contains(byte))
                if byte == 27 { #expect(index + 1 < screen.count && screen[index + 1] == 91) }
                index += 1
            }
            // After Ctrl-C a line goes through.
            #expect(feed([27, 3, 3] + Array("ok\r".utf8), &editor).lines.last == "ok")
        }
    }
}
