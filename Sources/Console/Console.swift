import CConsole
import CLinux
import Configuration
import Device
import Platform

/// One console: a terminal, a serial line or a script on standard input, with buffers of its own. The server's thread
/// alone reads and writes its descriptors; commands and the log put lines in from any thread.
public final class Console {
    enum State { case idle, busy, closed }

    public let name: String
    /// Prompt, echo and editing; otherwise lines are taken as they come.
    public let isInteractive: Bool
    /// One JSON object a line, for machines.
    public let isJSON: Bool
    /// Opened again after a hang-up.
    private(set) var port: DeviceConfiguration.Port?
    private(set) var input: Int32
    private(set) var output: Int32
    private let wake: Int32

    private let lock = Lock()
    private var queue: OutputQueue
    private var editor: LineEditor
    private var state = State.idle
    /// Typed while a command runs: keys for it, or the next lines.
    private var typed: [UInt8] = []
    private var partial: [UInt8] = []
    private var partialIsTooLong = false
    private var waitingLines: [[UInt8]] = []
    private var isAtEnd = false
    private let cancelled = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var droppedLines = 0
    private var droppedLinesTotal = 0
    /// Why writing failed for good, as an error number; 0 while it works.
    private(set) var outputFailure: Int32 = 0
    private var lastProgress: Int64 = 0
    private var isStalled = false
    /// Rows of a live display on the screen.
    private var liveRows = 0
    private let completion: Completion?
    private let wording: ConsoleWording

    static let queueBytes = 16 << 10
    private static let typedBytes = 1024
    private static let waitingLimit = 16
    /// A reader that takes nothing for so long loses lines, so that commands come to their end.
    static let stallNanoseconds: Int64 = 2_000_000_000

    /// - Parameters:
    ///   - input: a descriptor that doesn't block; negative: not open yet.
    ///   - isInteractive: somebody types; never with `isJSON`.
    ///   - wake: posted to when there is something to write.
    public init(name: String, input: Int32, output: Int32, isInteractive: Bool, isJSON: Bool, port: DeviceConfiguration.Port?,
                prompt: String, wake: Int32, wording: ConsoleWording, completion: Completion?) {
        self.name = name
        self.input = input
        self.output = output
        self.isInteractive = isInteractive && !isJSON
        self.isJSON = isJSON
        self.port = port
        self.wake = wake
        self.wording = wording
        self.completion = completion
        queue = OutputQueue(capacity: Self.queueBytes)
        editor = LineEditor(prompt: prompt)
        cancelled.initialize(to: 0)
        lastProgress = monotonicNanoseconds()
        if input < 0 { state = .closed }
    }

    deinit { cancelled.deallocate() }

    /// Makes it the console of a port, which is opened again after a hang-up; before anybody uses it.
    public func serve(_ port: DeviceConfiguration.Port) { self.port = port }

    // MARK: for the server's thread

    var isOpen: Bool { input >= 0 }
    /// A script that has come to its end, all of it said.
    var isFinished: Bool {
        lock.lock()
        defer { lock.unlock() }
        return isAtEnd && state == .idle && waitingLines.isEmpty && queue.count == 0
    }
    var wantsInput: Bool {
        lock.lock()
        defer { lock.unlock() }
        return input >= 0 && !isAtEnd && waitingLines.count < Self.waitingLimit
    }
    var hasOutput: Bool {
        lock.lock()
        defer { lock.unlock() }
        return queue.count > 0
    }

    func begin() {
        lock.lock()
        defer { lock.unlock() }
        columnsChanged()
        if isInteractive { drawPrompt() }
    }

    private func columnsChanged() {
        let width = Int(console_width(output))
        editor.columns = width > 20 ? width : 80
    }

    /// Reads what there is. False where the other end has hung up.
    func readInput() -> Bool {
        var buffer: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
        let input = self.input
        let (count, code) = withUnsafeMutableBytes(of: &buffer) { bytes -> (Int, Int32) in
            let count = read(input, bytes.baseAddress!, bytes.count)
            return (count, linux_errno())
        }
        if count < 0 { return code == EAGAIN || code == EINTR }
        lock.lock()
        defer { lock.unlock() }
        if count == 0 {
            if isInteractive || port != nil { return false }
            endOfScript()
            return true
        }
        withUnsafeBytes(of: &buffer) { bytes in
            for index in 0..<count { isInteractive ? takeKey(bytes[index]) : takeScript(bytes[index]) }
        }
        return true
    }

    /// With the lock held.
    private func endOfScript() {
        isAtEnd = true
        if !partial.isEmpty || partialIsTooLong { takeScript(10) }
    }

    private func takeScript(_ byte: UInt8) {
        guard byte == 10 else {
            if byte == 13 || byte == 0 { return }
            if partial.count < LineEditor.longest { partial.append(byte) } else { partialIsTooLong = true }
            return
        }
        if partialIsTooLong {
            put(errorLine("a line of more than \(LineEditor.longest) bytes was ignored"))
        } else if !partial.isEmpty {
            waitingLines.append(partial)
        }
        partial.removeAll(keepingCapacity: true)
        partialIsTooLong = false
    }

    private func takeKey(_ byte: UInt8) {
        guard state == .idle, waitingLines.isEmpty else {
            if byte == 3 {
                linux_store(cancelled, 1)
                typed.removeAll(keepingCapacity: true)
                waitingLines.removeAll()
            } else if typed.count < Self.typedBytes {
                typed.append(byte)
            }
            lock.wakeAll()
            return
        }
        var screen: [UInt8] = []
        switch editor.feed(byte, screen: &screen) {
        case .none: break
        case .line(let line):
            if line.allSatisfy({ $0 == 32 }) { editor.draw(&screen) } else { waitingLines.append(line) }
        case .tooLong:
            screen += errorLine("the line had more than \(LineEditor.longest) bytes and was ignored")
            editor.draw(&screen)
        case .interrupt: editor.draw(&screen)
        case .endOfInput:
            if port == nil {
                screen += [13, 10]
                isAtEnd = true
            }
        case .completion: complete(&screen)
        }
        // Echo that finds no room is lost; the next drawing of the line shows all of it.
        _ = queue.append(screen)
    }

    private func complete(_ screen: inout [UInt8]) {
        guard let completion else { return }
        let result = completion.complete(editor.text, cursor: editor.cursor)
        if result.replaces > 0 { editor.removeBeforeCursor(result.replaces) }
        if !result.insertion.isEmpty { editor.insert(result.insertion) }
        if !result.choices.isEmpty {
            screen += [13, 10]
            for line in columnsOf(result.choices, width: editor.columns) { screen += shown(line) }
        } else if result.insertion.isEmpty {
            screen.append(7)
        }
        editor.draw(&screen)
    }

    /// The next line to run; the console is busy from then on.
    func takeLine() -> [UInt8]? {
        lock.lock()
        defer { lock.unlock() }
        guard state == .idle, !waitingLines.isEmpty else { return nil }
        state = .busy
        linux_store(cancelled, 0)
        let line = waitingLines.removeFirst()
        // A script's transcript reads as if somebody had typed it.
        if !isInteractive, !isJSON { put(shown("> " + String(decoding: line, as: UTF8.self))) }
        return line
    }

    /// The command has ended.
    func becomeIdle() {
        lock.lock()
        defer { lock.unlock() }
        liveRows = 0
        if state == .busy { state = .idle }
        guard isInteractive else { return }
        columnsChanged()
        let keys = typed
        typed = []
        if waitingLines.isEmpty { drawPrompt() }
        for key in keys { takeKey(key) }
    }

    /// Writes what the reader takes now. False where it has gone away.
    func flush(now: Int64) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard queue.count > 0, output >= 0 else { return true }
        guard let written = queue.flush(to: output) else {
            outputFailure = linux_errno()
            queue.clear()
            lock.wakeAll()
            return false
        }
        if written > 0 {
            lastProgress = now
            isStalled = false
            tellDropped()
            lock.wakeAll()
        }
        return true
    }

    /// Now and then: whether the reader takes anything.
    func checkProgress(now: Int64) {
        lock.lock()
        defer { lock.unlock() }
        if queue.count == 0 { lastProgress = now }
        if now - lastProgress > Self.stallNanoseconds, !isStalled {
            isStalled = true
            lock.wakeAll()
        }
    }

    /// With the lock held: says what was lost, once there is room again.
    private func tellDropped() {
        guard droppedLines > 0, queue.count < queue.capacity / 2 else { return }
        let lost = droppedLines
        droppedLines = 0
        put(shown(wording.droppedLines(lost)))
    }

    /// The terminal has gone; what waits for it is lost, and so is the command that wrote to it.
    func hangUp() {
        lock.lock()
        linux_store(cancelled, 1)
        queue.clear()
        editor.clear()
        typed = []
        partial = []
        waitingLines = []
        isStalled = true
        if input >= 0 { close(input) }
        if output >= 0, output != input { close(output) }
        input = -1
        output = -1
        lock.wakeAll()
        lock.unlock()
    }

    func reopened(_ descriptor: Int32) {
        lock.lock()
        input = descriptor
        output = descriptor
        isStalled = false
        lastProgress = monotonicNanoseconds()
        columnsChanged()
        if isInteractive, state == .idle { drawPrompt() }
        if state == .closed { state = .idle }
        lock.unlock()
    }

    func cancel() {
        linux_store(cancelled, 1)
        lock.lock()
        lock.wakeAll()
        lock.unlock()
    }

    // MARK: for every thread

    /// Its command is to end.
    public var isCancelled: Bool { linux_load(cancelled) != 0 }

    /// A line of the log: shown between the command's lines, or above the prompt. Never waits.
    public func show(_ line: LogLine) {
        lock.lock()
        defer { lock.unlock() }
        guard output >= 0 else { return }
        var screen: [UInt8] = []
        let text = shown(wording.log(line))
        if isInteractive, state == .idle {
            editor.erase(&screen)
            screen += text
            editor.draw(&screen)
        } else {
            screen = text
            // A live display goes on below.
            liveRows = 0
        }
        put(screen)
        console_wake_post(wake)
    }

    /// A command's text. Waits while the reader is slow but reads, drops and counts where it doesn't.
    public func write(_ text: String) {
        let bytes = shown(text)
        lock.lock()
        defer { lock.unlock() }
        liveRows = 0
        waitForRoom(bytes.count)
        put(bytes)
        console_wake_post(wake)
    }

    private func waitForRoom(_ count: Int) {
        while queue.room < min(count, queue.capacity), !isStalled, linux_load(cancelled) == 0, output >= 0 {
            console_wake_post(wake)
            lock.wait()
        }
    }

    /// Lines that replace those of the call before: a live display. Left out while the reader is behind.
    public func redraw(_ lines: [String]) {
        lock.lock()
        defer { lock.unlock() }
        guard queue.count == 0, output >= 0 else { return }
        var screen: [UInt8] = []
        if liveRows > 0 { screen += Array("\u{1B}[\(liveRows)A".utf8) }
        for line in lines {
            screen += Array("\r\u{1B}[K".utf8)
            // A line that wraps would take more rows than are gone back over.
            var cut = Array(line.utf8)
            while UTF8Text.width(cut[...]) > editor.columns - 1 { cut.removeLast() }
            UTF8Text.appendShown(cut[...], to: &screen)
            screen += [13, 10]
        }
        if queue.append(screen) { liveRows = lines.count }
        console_wake_post(wake)
    }

    /// Waits for a key while a command runs; nil after the time or when cancelled.
    public func key(withinMilliseconds wait: Int) -> UInt8? {
        let end = monotonicNanoseconds() + Int64(wait) * 1_000_000
        while !isCancelled {
            lock.lock()
            let key = typed.isEmpty ? nil : typed.removeFirst()
            lock.unlock()
            if let key { return key }
            let left = end - monotonicNanoseconds()
            if left <= 0 { return nil }
            usleep(UInt32(min(left / 1000 + 1, 20_000)))
        }
        return nil
    }

    var columns: Int { editor.columns }
    var dropped: Int {
        lock.lock()
        defer { lock.unlock() }
        return droppedLinesTotal
    }

    // MARK: with the lock held

    private func put(_ bytes: [UInt8]) {
        guard !queue.append(bytes) else { return }
        var lines = 0
        for byte in bytes where byte == 10 { lines += 1 }
        droppedLines += max(1, lines)
        droppedLinesTotal += max(1, lines)
    }

    private func drawPrompt() {
        var screen: [UInt8] = []
        editor.draw(&screen)
        _ = queue.append(screen)
        console_wake_post(wake)
    }

    /// Says that something went wrong with the console itself.
    func complain(_ text: String) { write(wording.error(text)) }

    private func errorLine(_ text: String) -> [UInt8] { shown(wording.error(text)) }

    /// The text's lines, safe for a terminal, each with its end.
    private func shown(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        let all = Array(text.utf8)
        var start = 0
        while start <= all.count {
            var end = start
            while end < all.count, all[end] != 10 { end += 1 }
            UTF8Text.appendShown(all[start..<end], to: &bytes)
            if isInteractive { bytes.append(13) }
            bytes.append(10)
            start = end + 1
        }
        return bytes
    }
}

/// Words in columns, as many as fit.
func columnsOf(_ words: [String], width: Int) -> [String] {
    var widest = 1
    for word in words { widest = max(widest, word.unicodeScalars.count) }
    let perRow = max(1, width / (widest + 2))
    var lines: [String] = [], row = ""
    for (index, word) in words.enumerated() {
        row += padRight(word, widest + 2)
        if index % perRow == perRow - 1 {
            lines.append(row)
            row = ""
        }
    }
    if !row.isEmpty { lines.append(row) }
    return lines
}
