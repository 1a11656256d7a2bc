import CLinux
import Glibc
import Platform

/// Joins this process's terminal with a serial line of the board. Ctrl-] asks for one command of the rig; an empty
/// line goes back to the board, `quit` or another Ctrl-] leaves.
public final class ConsoleSession {
    private static let escape: UInt8 = 0x1d
    private let machine: Machine
    private let port: SerialPort
    private var saved = termios()
    private let isTerminal = isatty(0) != 0

    public init(_ machine: Machine, port: SerialPort) {
        self.machine = machine
        self.port = port
    }

    /// Until the person leaves, the input ends or the board does. The reason, where it is a fault.
    public func run() -> Failure? {
        makeRaw()
        defer { restore() }
        var keys = [UInt8](repeating: 0, count: 4096)
        var inputEnd: Int64?
        while true {
            var entries = [pollfd(fd: inputEnd == nil ? 0 : -1, events: Int16(POLLIN), revents: 0),
                           pollfd(fd: port.socket.descriptor, events: Int16(POLLIN), revents: 0)]
            let ready = linux_poll(&entries, 2, 500_000_000)
            if Signals.stopRequested { return nil }
            if entries[1].revents != 0 {
                guard let bytes = port.socket.receive(untilNanoseconds: 0) else { return machine.failure }
                Output.standard.writeAll(bytes)
                // Without a terminal, what the board still says after the last line of input is worth waiting for.
                if inputEnd != nil { inputEnd = monotonicNanoseconds() }
            }
            if ready <= 0 {
                if let failure = machine.failure { return failure }
                if let end = inputEnd, monotonicNanoseconds() - end > 3_000_000_000 { return nil }
            }
            guard entries[0].revents != 0 else { continue }
            let count = read(0, &keys, keys.count)
            guard count > 0 else {
                if isTerminal { return nil }
                inputEnd = monotonicNanoseconds()
                continue
            }
            var start = 0
            for index in 0..<count where isTerminal && keys[index] == Self.escape {
                _ = port.socket.send(Array(keys[start..<index]))
                start = index + 1
                if !askForCommand() { return nil }
            }
            _ = port.socket.send(Array(keys[start..<count]))
        }
    }

    /// False to leave.
    private func askForCommand() -> Bool {
        Output.standard.write("\r\nrig> ")
        var line: [UInt8] = []
        var key: UInt8 = 0
        while read(0, &key, 1) == 1 {
            switch key {
            case Self.escape, 4: Output.standard.write("\r\n"); return false
            case 13, 10:
                Output.standard.write("\r\n")
                return obey(String(decoding: line, as: UTF8.self))
            case 127, 8:
                if line.popLast() != nil { Output.standard.write("\u{8} \u{8}") }
            case 32..<127:
                line.append(key)
                Output.standard.writeAll([key])
            default: break
            }
        }
        return false
    }

    private func obey(_ line: String) -> Bool {
        switch line {
        case "": return true
        case "quit", "exit": return false
        case "help":
            for line in Machine.help { Output.standard.write("  " + line + "\r\n") }
        default:
            do throws(Failure) {
                Output.standard.write(try machine.obey(line) + "\r\n")
            } catch {
                Output.standard.write(error.description + "\r\n")
            }
        }
        return true
    }

    private func makeRaw() {
        guard isTerminal, tcgetattr(0, &saved) == 0 else { return }
        var raw = saved
        cfmakeraw(&raw)
        tcsetattr(0, TCSANOW, &raw)
    }

    private func restore() {
        if isTerminal { tcsetattr(0, TCSANOW, &saved) }
    }
}

extension Output {
    fileprivate func writeAll(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { write($0) } }
}
