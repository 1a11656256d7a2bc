/// What comes in on a console until a command takes it: the line that is edited, whole lines that wait, keys for the
/// command that runs. Knows nothing of descriptors; its console's lock guards it.
struct ConsoleInput {
    var editor: LineEditor
    /// Typed while a command runs: keys for it, or the next lines.
    private var typed: [UInt8] = []
    private var script = ScriptLines()
    private var lines: [[UInt8]] = []
    private(set) var isAtEnd = false
    private let completion: Completion?
    private let wording: ConsoleWording

    private static let typedBytes = 1024
    private static let waitingLimit = 16

    init(prompt: String, wording: ConsoleWording, completion: Completion?) {
        self.wording = wording
        self.completion = completion
        editor = LineEditor(prompt: prompt)
    }

    var hasLines: Bool { !lines.isEmpty }
    /// Room for more lines, and more to come.
    var wantsMore: Bool { !isAtEnd && lines.count < Self.waitingLimit }

    /// The next line to run.
    mutating func takeLine() -> [UInt8]? { lines.isEmpty ? nil : lines.removeFirst() }
    /// The next key for the command that runs.
    mutating func takeKey() -> UInt8? { typed.isEmpty ? nil : typed.removeFirst() }
    /// What the command that ended left of them.
    mutating func takeKeys() -> [UInt8] {
        defer { typed = [] }
        return typed
    }

    /// What hung up takes along what it had not finished.
    mutating func clear() {
        editor.clear()
        typed = []
        script.clear()
        lines = []
    }

    // MARK: a script

    /// False where a line was too long and is ignored.
    mutating func feedScript(_ byte: UInt8) -> Bool { add(script.feed(byte)) }

    /// The script's end; false where its last line was too long.
    mutating func endScript() -> Bool {
        isAtEnd = true
        return add(script.end())
    }

    private mutating func add(_ outcome: ScriptLines.Outcome) -> Bool {
        switch outcome {
        case .none: return true
        case .line(let line): lines.append(line)
        case .tooLong: return false
        }
        return true
    }

    // MARK: a terminal

    /// A key while a command runs; true: the command is to end.
    mutating func keyForCommand(_ byte: UInt8) -> Bool {
        if byte == 3 {
            typed.removeAll(keepingCapacity: true)
            lines.removeAll()
            return true
        }
        if typed.count < Self.typedBytes { typed.append(byte) }
        return false
    }

    /// A key of the line that is edited; what it draws is appended to `screen`. `endsAtControlD`: the console ends with it.
    mutating func keyForLine(_ byte: UInt8, endsAtControlD: Bool, screen: inout [UInt8]) {
        switch editor.feed(byte, screen: &screen) {
        case .none: break
        case .line(let line):
            if line.allSatisfy({ $0 == 32 }) { editor.draw(&screen) } else { lines.append(line) }
        case .tooLong:
            screen += shownLines(wording.error("the line had more than \(LineEditor.longest) bytes and was ignored"), isRaw: true)
            editor.draw(&screen)
        case .interrupt: editor.draw(&screen)
        case .endOfInput:
            if endsAtControlD {
                screen += [13, 10]
                isAtEnd = true
            }
        case .completion: complete(&screen)
        }
    }

    private mutating func complete(_ screen: inout [UInt8]) {
        guard let completion else { return }
        let result = completion.complete(editor.text, cursor: editor.cursor)
        if result.replaces > 0 { editor.removeBeforeCursor(result.replaces) }
        if !result.insertion.isEmpty { editor.insert(result.insertion) }
        if !result.choices.isEmpty {
            screen += [13, 10]
            for line in columnsOf(result.choices, width: editor.columns) { screen += shownLines(line, isRaw: true) }
        } else if result.insertion.isEmpty {
            screen.append(7)
        }
        editor.draw(&screen)
    }
}
