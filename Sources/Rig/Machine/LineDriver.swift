import Platform

/// Drives the board's GPIO inputs from outside, through QEMU's test protocol: one text line a command, one an answer.
public final class LineDriver {
    /// Lines of the machine's PL061, `/dev/gpiochip0`. Line 3 is the machine's power button.
    public static let count = 8
    /// Where the PL061's raw interrupt status is: a bit stays set until the kernel has taken the line's edge.
    private static let rawInterruptStatus = 0x0903_0414
    /// Commands on their way before the next one waits for an answer.
    private static let longestQueue = 256

    private let socket: SocketEnd
    private let path: String
    private let lock = Lock()
    private var received: [UInt8] = []
    private var unanswered = 0, lastAnswer = ""
    private var levels = [Bool](repeating: false, count: LineDriver.count)

    init(socket: SocketEnd, path: String) {
        self.socket = socket
        self.path = path
    }

    /// Sets an input's level. Edges faster than the kernel serves them merge, as on any controller. QEMU takes it when it
    /// gets round to it, which nobody waits for: whoever drives a line has buses to serve meanwhile. A refusal is told by a
    /// later call.
    public func set(_ line: Int, _ level: Bool) throws(Failure) {
        guard (0..<Self.count).contains(line) else { throw Failure(.usage, "no line \(line); there are 0 to \(Self.count - 1)") }
        lock.lock()
        defer { lock.unlock() }
        guard levels[line] != level else { return }
        try send("set_irq_in \(path) unnamed-gpio-in \(line) \(level ? 1 : 0)")
        levels[line] = level
        try takeAnswers(untilNanoseconds: 0)
        guard unanswered > Self.longestQueue else { return }
        let deadline = monotonicNanoseconds() + 10_000_000_000
        while unanswered > Self.longestQueue / 2 { try takeAnswers(untilNanoseconds: deadline) }
    }

    /// False once the kernel has taken the line's last edge, which is when it notes the time of it.
    public func isPending(_ line: Int) throws(Failure) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        try send("readl 0x\(String(Self.rawInterruptStatus, radix: 16))")
        let deadline = monotonicNanoseconds() + 10_000_000_000
        while unanswered > 0 { try takeAnswers(untilNanoseconds: deadline) }
        guard let word = lastAnswer.split(separator: " ").last, let value = UInt64(word.dropFirst(2), radix: 16) else {
            throw Failure(.badFormat, "QEMU's test protocol answered \(lastAnswer)")
        }
        return value >> UInt64(line) & 1 != 0
    }

    private func send(_ command: String) throws(Failure) {
        guard socket.send(Array((command + "\n").utf8)) else { throw Self.gone }
        unanswered += 1
    }

    private static let gone = Failure(.inputOutput, "QEMU is gone; cannot drive its lines")

    /// Waits at most until then for something to take.
    private func takeAnswers(untilNanoseconds deadline: Int64) throws(Failure) {
        guard let bytes = socket.receive(untilNanoseconds: deadline) else { throw Self.gone }
        guard !bytes.isEmpty || deadline == 0 || monotonicNanoseconds() < deadline else {
            throw Failure(.inputOutput, "QEMU's test protocol does not answer")
        }
        received += bytes
        guard received.count < 1 << 16 else { throw Failure(.badFormat, "QEMU's test protocol sends lines without end") }
        while let end = received.firstIndex(of: 10) {
            let line = String(decoding: received[..<end], as: UTF8.self)
            received.removeSubrange(...end)
            if line.hasPrefix("IRQ ") { continue }
            guard line.hasPrefix("OK") else { throw Failure(.inputOutput, "QEMU refuses to drive a line: \(line)") }
            unanswered -= 1
            lastAnswer = line
        }
    }
}
