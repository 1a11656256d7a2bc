import Board
import Platform

extension SimulatedBoard: Rehearsal {
    /// The commands of `perform`, one a line, for `help`: the faults, and hands on the board.
    public var commandHelp: [String] { Fault.help + Self.handsHelp + Self.soundHelp }

    private static let handsHelp = [
        "line LINE 0|1                        drives a line: a button, a door",
        "pulse LINE SECONDS                   the other level for a time",
        "load SHARE|own                       what the processors do: 0 to 1, or as this process does",
        "ambient CELSIUS                      the air around the board",
        "pressure SHARE                       memory pressure, 0 to 1",
    ]

    /// Does what one text command says: a fault (see `Fault.help`) or a hand on the board (see `commandHelp`).
    /// - Throws: `.usage`, saying what is wrong.
    public func perform(_ text: String) throws(Failure) {
        let words = TextCommand(text)
        switch words.verb {
        case "line":
            try words.expect(3...3)
            guard words.word(2) == "0" || words.word(2) == "1" else { throw words.wrong(2, "0 or 1") }
            drive(try wire(words), words.word(2) == "1")
        case "pulse":
            try words.expect(3...3)
            let line = try wire(words), seconds = try words.seconds(2)
            pulse(line, nanoseconds: Int64(seconds * 1e9))
        case "load":
            try words.expect(2...2)
            let load: Double? = words.word(1) == "own" ? nil : try words.number(1, 0...1)
            locked {
                power.settle(time.lockedNow)
                power.fixedLoad = load
            }
        case "ambient":
            try words.expect(2...2)
            let celsius = try words.number(1, -40...125)
            locked {
                power.settle(time.lockedNow)
                power.ambientCelsius = celsius
            }
        case "pressure":
            try words.expect(2...2)
            let share = try words.number(1, 0...1)
            locked { power.memoryPressure = Float(share) }
        case "microphone":
            try performSound(words)
        default:
            if words.verb == "clear" { locked { sound.clear() } }
            try apply(try Fault.parse(text))
        }
    }

    public func hold(_ request: LineRequest, isActive: Bool) throws(Failure) {
        drive(try wire(request), isActive != request.isActiveLow)
    }

    public func press(_ request: LineRequest, nanoseconds: Int64) throws(Failure) {
        pulse(try wire(request), !request.isActiveLow, nanoseconds: nanoseconds)
    }

    private func wire(_ request: LineRequest) throws(Failure) -> SimulatedLine {
        guard let line = line(request.line) else { throw Failure(.usage, "\(request.line) is not a line of \(self.name)") }
        if locked({ line.isOutput }) { throw Failure(.usage, "\(request.line) is an output of the firmware") }
        return line
    }

    private func wire(_ words: TextCommand) throws(Failure) -> SimulatedLine {
        guard let name = words.word(1), let line = line(name) else { throw words.wrong(1, "a line of \(self.name)") }
        if locked({ line.isOutput }) { throw Failure(.usage, "\(name) is an output of the firmware") }
        return line
    }
}
