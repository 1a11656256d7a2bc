import Platform
import VirtualBoard

/// One line that makes something go wrong on the simulated bus.
struct FaultCommand {
    /// What a person can type, with what it does.
    static let help: [(usage: String, does: String)] = [
        ("nack ADDRESS [TIMES|forever]", "the chip does not acknowledge, once by default"),
        ("hold SECONDS", "a line of the bus is held low"),
        ("short ADDRESS [TIMES]", "reads come back with half their bytes"),
        ("clear", "the bus is well again"),
        ("bus", "messages on the bus so far"),
    ]

    private enum Action {
        case loseAcknowledgements(UInt8, times: Int), hold(nanoseconds: Int64), shortenReads(UInt8, times: Int), clear, count
    }

    private let action: Action

    /// Fails with `usage` where the line isn't a command.
    init(_ line: String) throws(Failure) {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("nack", 2...3): action = .loseAcknowledgements(try Self.address(words[1]), times: try Self.times(words))
        case ("short", 2...3): action = .shortenReads(try Self.address(words[1]), times: try Self.times(words))
        case ("hold", 2):
            guard let seconds = Double(words[1]), seconds >= 0, seconds <= 3600 else { throw Failure(.usage, "hold: \(words[1]) is not a number of seconds up to 3600") }
            action = .hold(nanoseconds: Int64(seconds * 1e9))
        case ("clear", 1): action = .clear
        case ("bus", 1): action = .count
        default: throw Failure(.usage, "no command `\(line)`; there are: " + Self.help.map(\.usage).joined(separator: ", "))
        }
    }

    func apply(_ bus: ChipBus, now: Int64) throws(Failure) -> String {
        switch action {
        case .loseAcknowledgements(let address, let times):
            try require(bus, address)
            bus.faults.loseAcknowledgements(address, times: times)
        case .shortenReads(let address, let times):
            try require(bus, address)
            bus.faults.shortenReads(address, times: times)
        case .hold(let nanoseconds): bus.faults.heldUntilNanoseconds = now + nanoseconds
        case .clear: bus.faults = BusFaults()
        case .count: return "\(bus.messages) messages, \(bus.notAcknowledged) not acknowledged"
        }
        return "ok"
    }

    private func require(_ bus: ChipBus, _ address: UInt8) throws(Failure) {
        guard bus.chip(at: address) == nil else { return }
        throw Failure(.usage, "no chip at 0x\(String(address, radix: 16)); there are: "
            + bus.chips.map { "0x" + String($0.address, radix: 16) }.joined(separator: ", "))
    }

    private static func address(_ word: String) throws(Failure) -> UInt8 {
        let value = word.hasPrefix("0x") ? UInt8(word.dropFirst(2), radix: 16) : UInt8(word)
        guard let value, value < 0x80 else { throw Failure(.usage, "\(word) is not an I2C address (0x08 to 0x77)") }
        return value
    }

    private static func times(_ words: [String]) throws(Failure) -> Int {
        guard words.count > 2 else { return 1 }
        if words[2] == "forever" { return BusFaults.forever }
        guard let times = Int(words[2]), times > 0 else { throw Failure(.usage, "\(words[2]) is not a number of times, nor `forever`") }
        return times
    }
}
