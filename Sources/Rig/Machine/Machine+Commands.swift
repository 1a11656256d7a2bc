import Platform

extension Machine {
    /// What a person can type while the board runs.
    public static let commands: [(usage: String, does: String)] = FaultCommand.help + [
        ("line NUMBER 0|1", "drives a GPIO input"),
        ("quit", "ends the board"),
    ]

    /// Does what a line says and gives the answer.
    public func obey(_ line: String) throws(Failure) -> String {
        let words = line.split(separator: " ").map(String.init)
        guard words.first == "line" else { return try fault(line) }
        guard words.count == 3, let number = Int(words[1]), ["0", "1"].contains(words[2]) else {
            throw Failure(.usage, "`line` wants a number and a level, as in: line 4 1")
        }
        try lines.set(number, words[2] == "1")
        return "ok"
    }
}
