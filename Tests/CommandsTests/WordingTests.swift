@testable import Commands
@testable import Console
import Device
import Foundation
import Testing

/// What a console says of itself, to people and to machines.
@Suite struct WordingTests {
    private let line = LogLine(level: .info, sinceStart: 1_500_000_000, text: "door on")

    @Test func peopleGetText() {
        #expect(ConsoleWording.text.log(line) == "[    1.500] door on")
        #expect(ConsoleWording.text.droppedLines(1) == "... 1 line dropped: this console was read too slowly")
        #expect(ConsoleWording.text.droppedLines(2) == "... 2 lines dropped: this console was read too slowly")
    }

    @Test func machinesGetObjects() throws {
        for (said, key, value) in [(ConsoleWording.json.log(line), "text", "door on"), (ConsoleWording.json.log(line), "log", "info"),
                                   (ConsoleWording.json.error("a \"b\""), "error", "a \"b\"")] {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any])
            #expect(object[key] as? String == value)
        }
    }
}
