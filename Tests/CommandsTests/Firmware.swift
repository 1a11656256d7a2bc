import Foundation
import TestSupport

/// A firmware on a simulated board, asked over its console for machines.
final class Firmware {
    let process = Process()
    private let input = Pipe(), output = Pipe(), errors = Pipe()
    private var unread = Data()
    /// Lines of the log, as they came.
    private(set) var log: [String] = []

    /// - Parameter configuration: a file's path.
    init(_ configuration: String) throws {
        process.executableURL = URL(fileURLWithPath: productPath)
        process.arguments = ["run", "--simulate", "--config", configuration, "--json"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    /// The objects that a command answers with, until one is the last: a `version`'s.
    func ask(_ command: String) throws -> [[String: Any]] {
        input.fileHandleForWriting.write(Data("\(command)\nversion\n".utf8))
        var answers: [[String: Any]] = []
        while let line = nextLine() {
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                if line.hasPrefix("swiftlet ") { return answers }
                answers.append(["text": line])
                continue
            }
            if object["log"] != nil || object["level"] != nil { log.append(line) } else { answers.append(object) }
        }
        return answers
    }

    private func nextLine() -> String? {
        while true {
            if let end = unread.firstIndex(of: 10) {
                let line = String(decoding: unread[unread.startIndex..<end], as: UTF8.self)
                unread = Data(unread[(end + 1)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            unread += more
        }
    }

    /// Asks again until an answer is as wanted; many times, since nobody knows how busy the machine is.
    func ask(_ command: String, until isRight: ([[String: Any]]) -> Bool) throws -> [[String: Any]] {
        var answers: [[String: Any]] = []
        for _ in 0..<1200 {
            answers = try ask(command)
            if isRight(answers) { break }
            usleep(50_000)
        }
        return answers
    }

    /// What it said after the last question.
    private(set) var said = ""

    func end() -> Int32 {
        try? input.fileHandleForWriting.close()
        said = String(decoding: unread + output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus
    }
}
