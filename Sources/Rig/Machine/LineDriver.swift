import Platform

/// Drives the board's GPIO inputs from outside, through QEMU's test protocol: one text line a command, one an answer.
public final class LineDriver {
    /// Lines of the machine's PL061, `/dev/gpiochip0`. Line 3 is the machine's power button.
    public static let count = 8
    /// Where the PL061's raw interrupt status is: a bit stays set until the kernel has seen the line's edge.
    private static let rawInterruptStatus = 0x0903_0414

    private let socket: SocketEnd
    private let path: String
    private let lock = Lock()
    private var received: [UInt8] = []
    private var levels = [Bool](repeating: false, count: LineDriver.count)

    init(socket: SocketEnd, path: String) {
        self.socket = socket
        self.path = path
    }

    /// Sets an input's level. Edges faster than the kernel serves them merge, as on any controller.
    public func set(_ line: Int, _ level: Bool) throws(Failure) {
        guard (0..<Self.count).contains(line) else { throw Failure(.usage, "no line \(line); there are 0 to \(Self.count - 1)") }
        lock.lock()
        defer { lock.unlock() }
        guard levels[line] != level else { return }
        _ = try command("set_irq_in \(path) unnamed-gpio-in \(line) \(level ? 1 : 0)")
        levels[line] = level
    }

    /// True while the kernel hasn't served the line's last edge.
    public func isPending(_ line: Int) throws(Failure) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        let answer = try command("readl 0x" + String(Self.rawInterruptStatus, radix: 16))
        guard let word = answer.split(separator: " ").last, let value = UInt64(word.dropFirst(2), radix: 16) else {
            throw Failure(.badFormat, "QEMU's test protocol answered \(answer)")
        }
        return value >> UInt64(line) & 1 != 0
    }

    private func command(_ text: String) throws(Failure) -> String {
        guard socket.send(Array((text + "\n").utf8)) else { throw Failure(.inputOutput, "QEMU is gone; cannot drive its lines") }
        let deadline = monotonicNanoseconds() + 10_000_000_000
        while true {
            while let end = received.firstIndex(of: 10) {
                let line = String(decoding: received[..<end], as: UTF8.self)
                received.removeSubrange(...end)
                if line.hasPrefix("IRQ ") { continue }
                guard line.hasPrefix("OK") else { throw Failure(.inputOutput, "QEMU refuses `\(text)`: \(line)") }
                return line
            }
            guard let bytes = socket.receive(untilNanoseconds: deadline), !bytes.isEmpty, received.count < 1 << 16 else {
                throw Failure(.inputOutput, "QEMU's test protocol does not answer")
            }
            received += bytes
        }
    }
}
