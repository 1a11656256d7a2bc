import Platform
import VirtualBoard

extension Machine {
    /// What a person can type while the board runs, one a line.
    public static let help = Fault.help + [
        "i2c-N FAULT                          the same on another bus than i2c-0",
        "line NUMBER 0|1                      drives a GPIO input",
        "bus                                  messages on the I2C buses so far",
        "quit                                 ends the board",
    ]

    /// Does what a line says and gives the answer.
    public func obey(_ line: String) throws(Failure) -> String {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "line":
            guard words.count == 3, let number = Int(words[1]), ["0", "1"].contains(words[2]) else {
                throw Failure(.usage, "`line` wants a number and a level, as in: line 4 1")
            }
            try lines.set(number, words[2] == "1")
        case "bus":
            return busCounts.enumerated().map {
                "i2c-\($0.offset): \($0.element.messages) messages, \($0.element.failures) failed" }.joined(separator: "; ")
        default:
            let bus = words.first.flatMap { $0.hasPrefix("i2c-") ? Int($0.dropFirst(4)) : nil }
            try inject(try Fault.parse(bus == nil ? line : words.dropFirst().joined(separator: " ")), bus: bus ?? 0)
        }
        return "ok"
    }
}
