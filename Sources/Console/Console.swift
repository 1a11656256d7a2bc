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
    private var reader: ReaderWatch
    private var live = LiveRows()
    private var incoming: ConsoleInput
    private var state = State.idle
    private let cancelled = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    /// Why writing failed for good, as an error number; 0 while it works.
    private(set) var outputFailure: Int32 = 0
    private let wording: ConsoleWording

    static let queueBytes = 16 << 10

    /// - Parameters:
    ///   - input: a descriptor that doesn't block; negative: not open yet.
    ///   - isInteractive: somebody types; never with `isJSON`.
    ///   - wake: posted to when there is something to write.
    public init(name: String, input: Int32, output: Int32, isInteractive: Bool, isJSON: Bool, prompt: String,
                wake: Int32, wording: ConsoleWording, completion: Completion?) {
        self.name = name
        self.input = input
        self.output = output
        self.isInteractive = isInteractive && !isJSON
        self.isJSON = isJSON
        self.wake = wake
        self.wording = wording
        queue = OutputQueue(capacity: Self.queueBytes)
        reader = ReaderWatch(now: monotonicNanoseconds())
        incoming = ConsoleInput(prompt: prompt, wording: wording, completion: completion)
        cancelled.initialize(to: 0)
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
        return incoming.isAtEnd && state == .idle && !incoming.hasLines && queue.count == 0
    }
    var wantsInput: Bool {
        lock.lock()
        defer { lock.unlock() }
        return input >= 0 && incoming.wantsMore
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
        incoming.editor.columns = width > 20 ? width : 80
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
            keep(incoming.endScript())
            return true
        }
        withUnsafeBytes(of: &buffer) { bytes in
            for index in 0..<count { isInteractive ? takeKey(bytes[index]) : keep(incoming.feedScript(bytes[index])) }
        }
        return true
    }

    /// Says where a script's line was ignored.
    private func keep(_ isWhole: Bool) {
        if !isWhole { put(shown(wording.error("a line of more than \(LineEditor.longest) bytes was ignored"))) }
    }

    private func takeKey(_ byte: UInt8) {
        guard state == .idle, !incoming.hasLines else {
            if incoming.keyForCommand(byte) {
                linux_store(cancelled, 1)
                lock.wakeAll()
            }
            return
        }
        var screen: [UInt8] = []
        incoming.keyForLine(byte, endsAtControlD: port == nil, screen: &screen)
        // Echo that finds no room is lost; the next drawing of the line shows all of it.
        _ = queue.append(screen)
    }

    /// The next line to run; the console is busy from then on.
    func takeLine() -> [UInt8]? {
        lock.lock()
        defer { lock.unlock() }
        guard state == .idle, let line = incoming.takeLine() else { return nil }
        state = .busy
        linux_store(cancelled, 0)
        // A script's transcript reads as if somebody had typed it.
        if !isInteractive, !isJSON { put(shown("> " + String(decoding: line, as: UTF8.self))) }
        return line
    }

    /// The command has ended.
    func becomeIdle() {
        lock.lock()
        defer { lock.unlock() }
        live.end()
        if state == .busy { state = .idle }
        guard isInteractive else { return }
        columnsChanged()
        let keys = incoming.takeKeys()
        if !incoming.hasLines { drawPrompt() }
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
            reader.revived(now: now)
            tellDropped()
            lock.wakeAll()
        }
        return true
    }

    /// Now and then: whether the reader takes anything.
    func checkProgress(now: Int64) {
        lock.lock()
        defer { lock.unlock() }
        if queue.count == 0 { reader.progressed(now: now) }
        if reader.stalls(now: now) { lock.wakeAll() }
    }

    /// With the lock held: says what was lost, once there is room again.
    private func tellDropped() {
        guard queue.count < queue.capacity / 2 else { return }
        let lost = reader.takeDropped()
        if lost > 0 { put(shown(wording.droppedLines(lost))) }
    }

    /// The terminal has gone; what waits for it is lost, and so is the command that wrote to it.
    func hangUp() {
        lock.lock()
        linux_store(cancelled, 1)
        queue.clear()
        incoming.clear()
        reader.gaveUp()
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
        reader.revived(now: monotonicNanoseconds())
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
            incoming.editor.erase(&screen)
            screen += text
            incoming.editor.draw(&screen)
        } else {
            screen = text
            // A live display goes on below.
            live.end()
        }
        put(screen)
        console_wake_post(wake)
    }

    /// A command's text. Waits while the reader is slow but reads, drops and counts where it doesn't.
    public func write(_ text: String) {
        let bytes = shown(text)
        lock.lock()
        defer { lock.unlock() }
        live.end()
        waitForRoom(bytes.count)
        put(bytes)
        console_wake_post(wake)
    }

    private func waitForRoom(_ count: Int) {
        while queue.room < min(count, queue.capacity), !reader.isStalled, linux_load(cancelled) == 0, output >= 0 {
            console_wake_post(wake)
            lock.wait()
        }
    }

    /// Lines that replace those of the call before: a live display. Left out while the reader is behind.
    public func redraw(_ lines: [String]) {
        lock.lock()
        defer { lock.unlock() }
        guard queue.count == 0, output >= 0 else { return }
        if queue.append(live.drawing(lines, columns: incoming.editor.columns)) { live.drew(lines) }
        console_wake_post(wake)
    }

    /// Waits for a key while a command runs; nil after the time or when cancelled.
    public func key(withinMilliseconds wait: Int) -> UInt8? {
        let end = monotonicNanoseconds() + Int64(wait) * 1_000_000
        while !isCancelled {
            lock.lock()
            let key = incoming.takeKey()
            lock.unlock()
            if let key { return key }
            let left = end - monotonicNanoseconds()
            if left <= 0 { return nil }
            usleep(UInt32(min(left / 1000 + 1, 20_000)))
        }
        return nil
    }

    var dropped: Int {
        lock.lock()
        defer { lock.unlock() }
        return reader.droppedTotal
    }

    // MARK: with the lock held

    private func put(_ bytes: [UInt8]) {
        if !queue.append(bytes) { reader.lost(bytes) }
    }

    private func drawPrompt() {
        var screen: [UInt8] = []
        incoming.editor.draw(&screen)
        _ = queue.append(screen)
        console_wake_post(wake)
    }

    /// Says that something went wrong with the console itself.
    func complain(_ text: String) { write(wording.error(text)) }

    private func shown(_ text: String) -> [UInt8] { shownLines(text, isRaw: isInteractive) }
}
