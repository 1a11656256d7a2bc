import CConsole
import Foundation
import Platform
import Testing
import TestSupport

/// `swiftlet` as a process with pipes, or with a pseudo-terminal.
final class Session {
    let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errors = Pipe()

    /// Runs to the end with this text as standard input. Nothing takes as long as `seconds`: then it hangs, and is killed.
    /// - Parameter heard: called with all that was said so far, whenever there is more.
    static func run(_ arguments: [String], input text: String, seconds: Double = 600, heard: ((String) -> Void)? = nil) throws
        -> (status: Int32, output: String, errors: String) {
        let session = Session()
        session.process.executableURL = URL(fileURLWithPath: productPath)
        session.process.arguments = arguments
        session.process.standardInput = session.input
        session.process.standardOutput = session.output
        session.process.standardError = session.errors
        try session.process.run()
        session.input.fileHandleForWriting.write(Data(text.utf8))
        try session.input.fileHandleForWriting.close()
        let deadline = DispatchTime.now() + seconds
        DispatchQueue.global().asyncAfter(deadline: deadline) {
            if session.process.isRunning { kill(session.process.processIdentifier, SIGKILL) }
        }
        var said = Data()
        while true {
            let piece = session.output.fileHandleForReading.availableData
            if piece.isEmpty { break }
            said += piece
            heard?(String(decoding: said, as: UTF8.self))
        }
        let wrong = session.errors.fileHandleForReading.readDataToEndOfFile()
        session.process.waitUntilExit()
        return (session.process.terminationStatus, String(decoding: said, as: UTF8.self), String(decoding: wrong, as: UTF8.self))
    }
}
