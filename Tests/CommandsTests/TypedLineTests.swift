@testable import Commands
@testable import Console
import Foundation
import Testing
import TestSupport

/// What is typed on a console: its words, and their completion from the table of commands.
@Suite struct TypedLineTests {
    @Test func wordsOfALine() throws {
        #expect(try CommandWords.split(Array("a  'b c' \"d\\\"e\" f\\ g '' # h".utf8)) == ["a", "b c", "d\"e", "f g", ""])
        #expect(throws: (any Error).self) { try CommandWords.split(Array("a 'b".utf8)) }
        #expect(try CommandWords.split([]).isEmpty)
    }

    @Test func completion() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try Data().write(to: URL(fileURLWithPath: scratch("walk-one.csv")))
        try Data().write(to: URL(fileURLWithPath: scratch("walk-two.csv")))
        let completion = Completion(commands: CommandNames.forCompletion, names: { $0 == "governor" ? ["performance", "powersave"] : [] })
        func complete(_ text: String) -> Completion.Result { completion.complete(Array(text.utf8), cursor: text.utf8.count) }
        #expect(complete("statu").insertion == Array("status ".utf8))
        #expect(complete("governor pe").insertion == Array("performance ".utf8))
        #expect(complete("governor p").choices == ["performance", "powersave"])
        #expect(complete("imu --sec").insertion == Array("--seconds ".utf8))
        #expect(complete("pose \(scratch.path)/wa").insertion == Array("\(scratch.path)/walk-".utf8))
        #expect(complete("pose \(scratch.path)/walk-t").insertion == Array("\(scratch.path)/walk-two.csv ".utf8))
        #expect(complete("zzz").insertion.isEmpty)
    }
}
