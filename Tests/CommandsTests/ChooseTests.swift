import Foundation
import Testing
import TestSupport

/// Models of motion windows: no published model is needed.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: productPath)
                && FileManager.default.isExecutableFile(atPath: compilerPath), "swiftlet or nestc is not there"))
struct ChooseTests {
    /// A family of one network under three names, whose nests say other accuracies, or none.
    private func family(_ scratch: Scratch, _ accuracies: [(name: String, accuracy: String?)]) throws {
        for (name, accuracy) in accuracies {
            let nest = try #require(try compiledMotionModel(scratch, set: accuracy.map { ["measured.accuracy=\($0)"] } ?? []))
            try FileManager.default.moveItem(atPath: nest, toPath: scratch("\(name).nest"))
        }
    }

    private func choose(_ words: [String], _ scratch: Scratch) throws -> (status: Int32, rows: [[String: Any]], errors: String) {
        let (status, output, errors) = try Session.run(["choose"] + words + ["--models", scratch(""), "--json"], input: "")
        let rows = try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        return (status, rows, errors)
    }

    @Test func theMostAccurateThatFitsIsChosen() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try family(scratch, [("feel-a", "0.91"), ("feel-b", "0.975"), ("feel-c", "0.94")])
        let (status, rows, errors) = try choose(["feel", "--deadline", "10s"], scratch)
        #expect(status == 0 && errors.isEmpty, "\(errors)")
        #expect(rows.map { $0["accuracy"] as? Double } == [0.975, 0.94, 0.91])
        #expect(rows.map { $0["chosen"] as? Bool } == [true, false, false] && rows.allSatisfy { $0["input"] as? String == "32 rows" })
    }

    @Test func aFamilyOfWhichOneSaysNothingIsSortedByTime() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try family(scratch, [("feel-a", nil), ("feel-b", "0.975")])
        let rows = try choose(["feel", "--deadline", "10s"], scratch).rows, times = rows.compactMap { $0["milliseconds"] as? Double }
        #expect(times.count == 2 && times[0] >= times[1])
    }

    /// The model of the board takes 2 W at rest.
    @Test func whatTakesTooMuchPowerDoesNotFit() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try family(scratch, [("feel-a", "0.91")])
        try Data("""
            [power-model]
            name = a board
            source = a test
            error = 10
            static = 2
            capacitance = 0.83
            voltages = 600:0.8, 1500:0.9

            """.utf8).write(to: URL(fileURLWithPath: scratch("board.conf")))
        let words = ["feel", "--deadline", "10s", "--rate", "20", "--power-model", scratch("board.conf"), "--power"]
        let (status, rows, errors) = try choose(words + ["1"], scratch)
        #expect(status == 0 && errors.isEmpty, "\(errors)")
        #expect(rows.first?["fits"] as? Bool == false && rows.first?["chosen"] as? Bool == false)
        let energy = rows.first?["energy"] as? [String: Any], watts = energy?["watts"] as? Double ?? 0
        #expect(watts >= 2 && watts < 10, "\(rows)")
        #expect(try choose(words + ["100"], scratch).rows.first?["chosen"] as? Bool == true)
        let refused = try choose(["feel", "--deadline", "10s", "--power", "x"], scratch)
        #expect(refused.status == 2 && refused.errors.contains("--power x: a number"), "\(refused.errors)")
    }
}
