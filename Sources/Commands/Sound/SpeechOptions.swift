import Hearing
import Platform

extension TranscriptionOptions {
    /// As a command line has them (`SharedOptions.speech`).
    init(_ arguments: Arguments) throws(Failure) {
        self.init()
        switch arguments.text("--language") ?? "auto" {
        case "auto": language = .automatic
        case "mixed": language = .mixed
        case let code: language = .code(code)
        }
        switch arguments.text("--script") ?? "simplified" {
        case "simplified": script = .simplified
        case "traditional": script = .traditional
        case "model": script = .unchanged
        case let other: throw Failure(.usage, "--script \(other): simplified, traditional or model is expected")
        }
    }
}
