import Platform

extension Fault {
    /// The commands, one a line, for `help`.
    public static let help = [
        "nack ADDRESS [COUNT|forever]         the next transfers aren't acknowledged (1)",
        "hold SECONDS|recovery [sda|scl]      a line is held low, for a time or until the bus is recovered",
        "short ADDRESS [COUNT]                the next reads stop half-way (1)",
        "corrupt ADDRESS REGISTER MASK        bits of a register flip; BANK:REGISTER for banks",
        "reset ADDRESS                        the chip loses its supply for a moment",
        "overflow ADDRESS                     the FIFO overflows",
        "storm ADDRESS SECONDS [HERTZ]        the interrupt pin toggles by itself (2000)",
        "mute-interrupt ADDRESS [SECONDS]     the interrupt pin stays still (until clear)",
        "drift ADDRESS SHARE                  the chip's clock runs faster: 0.03 is 3 %",
        "clear                                ends every fault",
    ]

    /// Reads one command, such as "nack 0x68 3" (see `help`).
    /// - Throws: `.usage`, saying what is wrong.
    public static func parse(_ text: String) throws(Failure) -> Fault {
        let words = TextCommand(text)
        guard let verb = words.verb else { throw Failure(.usage, "no fault named; try: nack 0x68 3") }
        switch verb {
        case "nack":
            try words.expect(2...3)
            let address = try words.address(1)
            return .notAcknowledged(address: address, count: words.word(2) == "forever" ? nil : try words.count(2, default: 1))
        case "hold":
            try words.expect(2...3)
            let line = words.word(2) ?? "sda"
            guard line == "sda" || line == "scl" else { throw words.wrong(2, "sda or scl") }
            if words.word(1) == "recovery" {
                guard line == "sda" else { throw Failure(.usage, "hold: a recovery clocks the bus, so only sda can wait for one") }
                return .held(seconds: nil, line: .data)
            }
            return .held(seconds: try words.seconds(1), line: line == "sda" ? .data : .clock)
        case "short":
            try words.expect(2...3)
            return .shortRead(address: try words.address(1), count: try words.count(2, default: 1))
        case "corrupt":
            try words.expect(4...4)
            return .corrupted(address: try words.address(1), register: try words.register(2), mask: try words.byte(3))
        case "reset":
            try words.expect(2...2)
            return .reset(address: try words.address(1))
        case "overflow":
            try words.expect(2...2)
            return .overflow(address: try words.address(1))
        case "storm":
            try words.expect(3...4)
            let hertz = words.word(3) == nil ? 2000 : try words.number(3, 1...100_000)
            return .storm(address: try words.address(1), seconds: try words.seconds(2), hertz: hertz)
        case "mute-interrupt":
            try words.expect(2...3)
            return .mutedInterrupt(address: try words.address(1), seconds: words.word(2) == nil ? nil : try words.seconds(2))
        case "drift":
            try words.expect(3...3)
            return .drift(address: try words.address(1), share: try words.number(2, -0.5...0.5))
        case "clear":
            try words.expect(1...1)
            return .clear
        default:
            throw Failure(.usage,
                "unknown fault \(verb); there are nack, hold, short, corrupt, reset, overflow, storm, mute-interrupt, drift, clear")
        }
    }
}
