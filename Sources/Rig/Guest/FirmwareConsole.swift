import Foundation
import Platform

/// The firmware's console for machines (`run --json`): a command a line, JSON objects as answers.
public final class FirmwareConsole {
    private let port: SerialPort
    private var count = 0
    private var seen = 0
    /// Lines that came beside answers: the firmware's log.
    public private(set) var log: [String] = []

    public init(_ port: SerialPort) { self.port = port }

    /// What the command answered, one object a line; an answer that says that something is wrong is a failure.
    @discardableResult
    public func run(_ command: String, seconds: Double = 10) throws(Failure) -> [[String: Any]] {
        try begin(command)
        return try finish(command, seconds: seconds)
    }

    /// Waits until somebody answers on the other end. What is sent before the line has been opened is lost, the more of
    /// it the slower the board starts.
    public func waitUntilItAnswers(seconds: Double = 20) throws(Failure) {
        let deadline = monotonicNanoseconds() + Int64(seconds * 1e9)
        while true {
            count += 1
            try port.send("\n\(endMark)\n")
            do throws(Failure) {
                note(try port.wait(for: endMark, seconds: 0.5))
                note(try port.wait(for: "\n", seconds: 0.5))
                return
            } catch {
                guard monotonicNanoseconds() < deadline else { throw error }
            }
        }
    }

    /// Sends a command whose answers are taken later, with `finish`.
    public func begin(_ command: String) throws(Failure) {
        count += 1
        // The console takes one command after the other, so that the complaint about this one ends the answers.
        try port.send("\(command)\n\(endMark)\n")
    }

    private var endMark: String { "end-of-answer-\(count)" }

    /// What the command sent with `begin` answered, one object a line. Fails where the firmware refuses it, or after `seconds`.
    public func finish(_ command: String, seconds: Double) throws(Failure) -> [[String: Any]] {
        var answers: [[String: Any]] = []
        let deadline = monotonicNanoseconds() + Int64(seconds * 1e9)
        while true {
            let line = try port.wait(for: "\n", seconds: Double(deadline - monotonicNanoseconds()) / 1e9)
            guard let object = Self.object(line) else {
                note(line)
                continue
            }
            if let error = object["error"] as? String {
                if error.contains(endMark) { return answers }
                // What an earlier command that was given up on still said.
                if error.contains("end-of-answer-") { answers.removeAll(); continue }
                throw Failure(.inputOutput, "the firmware refuses `\(command)`: \(error)")
            }
            if object["log"] != nil { note(line) } else { answers.append(object) }
        }
    }

    /// Waits for a line of the log with this text, among those not yet looked at; the line.
    public func waitForLog(_ text: String, seconds: Double) throws(Failure) -> String {
        let deadline = monotonicNanoseconds() + Int64(seconds * 1e9)
        while true {
            while seen < log.count {
                seen += 1
                if log[seen - 1].contains(text) { return log[seen - 1] }
            }
            note(try port.wait(for: "\n", seconds: Double(deadline - monotonicNanoseconds()) / 1e9))
        }
    }

    /// Lines of the log that came before now are not waited for.
    public func forgetLog() {
        for line in port.drain(quietSeconds: 0.02).split(separator: "\n") { note(String(line)) }
        seen = log.count
    }

    private func note(_ line: String) {
        let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { return }
        log.append(text)
        if log.count > 10_000 {
            log.removeFirst(5000)
            seen = max(0, seen - 5000)
        }
    }

    static func object(_ line: String) -> [String: Any]? {
        let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix("{") else { return nil }
        return (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    }
}
