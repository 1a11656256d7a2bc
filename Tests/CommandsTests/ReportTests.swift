@testable import Commands
import Foundation
import FoundationXML
import Testing
import TestSupport

private let isBuilt = FileManager.default.isExecutableFile(atPath: productPath)

@Suite struct ReportPageTests {
    private func data(_ lines: [String]) throws -> ReportData { try ReportData(Array(lines.joined(separator: "\n").utf8), name: "f") }

    private func second(_ seconds: Double, _ task: String = #""rate":5,"p50":20,"p95":25,"p99":30,"misses":1,"variant":0"#,
                        celsius: String = "50") -> String {
        #"{"seconds":\#(seconds),"megahertz":600,"celsius":\#(celsius),"watts":null,"tasks":[{\#(task)}]}"#
    }

    private let head = #"{"report":"cellar","time":"now","tasks":[{"task":"watch","deadlineMilliseconds":33,"variants":["big","small"]}]}"#

    /// What is between a path's marks in the panel behind a title.
    private func paths(_ html: String, _ title: String) -> [String] {
        guard let place = html.range(of: ">\(title) (") else { return [] }
        let panel = html[place.upperBound...].components(separatedBy: "font-weight=\"bold\"")[0]
        return panel.components(separatedBy: " d=\"").dropFirst().map { $0.components(separatedBy: "\"")[0] }
    }

    @Test func whatItSaysIsReadAgain() throws {
        let first = try data(["log", head, second(1), second(2, celsius: "null"), "{\"task\":1}", "{broken", second(3.5)])
        #expect(first.rows.count == 3 && first.tasks[0].variants == ["big", "small"] && first.rows[1].device.celsius.isNaN)
        let again = try data(first.lines)
        #expect(again.lines == first.lines && again.rows[2].tasks[0].p99 == 30 && again.rows[2].tasks[0].misses == 1)
        // The last report counts, and time doesn't go back.
        let last = try data([head, second(1), head, second(7), second(6), second(8)])
        #expect(last.rows.map { $0.device.seconds } == [7, 8])
        #expect(throws: (any Error).self) { try data([second(1), "nothing"]) }
    }

    /// Points stand for several seconds: means, the worst, sums. Compared with sums by hand.
    @Test func secondsBecomePoints() throws {
        var lines = [head]
        for second in 1...100 {
            let task = #""rate":\#(second),"p50":\#(second),"p95":2,"p99":\#(second % 10),"misses":2,"variant":\#(second / 60)"#
            lines.append(self.second(Double(second), task))
        }
        let (points, size) = try data(lines).points(10)
        #expect(size == 10 && points.count == 10)
        #expect(points.map { $0.tasks[0].rate } == (0..<10).map { Float($0) * 10 + 5.5 } && points.allSatisfy { $0.tasks[0].misses == 20 })
        #expect(points.allSatisfy { $0.tasks[0].p99 == 9 } && points.map { $0.tasks[0].variant } == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    }

    @Test func gapsAreGapsAndWhatIsUnknownIsSaid() throws {
        var lines = [head]
        for second in Array(1...20) + Array(60...80) { lines.append(self.second(Double(second))) }
        let html = ReportPage(try data(lines)).html
        let temperature = paths(html, "temperature")
        #expect(temperature.count == 1 && temperature[0].filter { $0 == "M" }.count == 2, "\(temperature)")
        #expect(paths(html, "watch: latency").count == 4 && html.contains("Not measured: power.") && !html.contains(">power ("))
        #expect(html.contains("ms") && html.contains("MHz") && html.contains("°C") && html.contains("prefers-color-scheme: dark"))
        #expect(ReportPage(try data([head])).html.contains("Nothing is known yet"))
    }

    /// A page out of a hostile file holds its text as text, asks nobody for anything, and is well-formed.
    @Test func nothingOfAFileIsMarkup() throws {
        let hostile = #"{"report":"<script>a</script>&","time":"<img src=x>","tasks":[{"task":"<b>","deadlineMilliseconds":1e30,"#
            + #""variants":["<i>","&"]}]}"#
        let extreme = second(1, #""rate":1e38,"p50":-1e38,"p95":1,"p99":1e30,"misses":1e299,"variant":-7"#)
        let html = ReportPage(try data([hostile, extreme, second(2e9), second(3e9)])).html
        for mark in ["<script", "<img", "<b>", "<i>", "href"] { #expect(!html.contains(mark), "\(mark)") }
        let from = try #require(html.range(of: "<svg")), to = try #require(html.range(of: "</svg>"))
        let parser = XMLParser(data: Data(html[from.lowerBound..<to.upperBound].utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
    }
}

@Suite(.serialized, .enabled(if: isBuilt, "swiftlet is not there")) struct ReportCommandTests {
    @Test func aRunningFirmwareTellsItsHistory() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let text = "[firmware]\nname = cellar\n[meter board]\nbus = i2c-2\nshunt = 0.01 ohm\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        let firmware = try Firmware(scratch("c.conf"))
        let rows = try firmware.ask("report --json") { $0.filter { ($0["watts"] as? Double ?? 0) > 0 }.count > 1 }
        let seconds = rows.compactMap { $0["seconds"] as? Double }
        #expect(rows.first?["report"] as? String == "cellar" && seconds.count > 1 && seconds == seconds.sorted(), "\(rows)")
        // As the simulated board's own commands have it.
        #expect(rows.last?["megahertz"] as? Double == 600 || rows.last?["megahertz"] as? Double ?? 0 > 600, "\(rows)")
        #expect((rows.last?["celsius"] as? Double ?? 0) > 20 && (rows.last?["watts"] as? Double ?? 0) > 1, "\(rows)")
        _ = try firmware.ask("report --html \(scratch("r.html"))")
        #expect(try String(contentsOfFile: scratch("r.html"), encoding: .utf8).contains("Swiftlet: cellar"))
        #expect(firmware.end() == 0)
    }

    @Test func wrongFilesAreRefused() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try Data("[1,2".utf8).write(to: URL(fileURLWithPath: scratch("f")))
        for (words, word) in [(["report", scratch("f")], "holds no report"), (["report", scratch("nothing")], "cannot open"),
                              (["report"], "swiftlet run"), (["report", "a", "b"], "one file at most")] {
            let (status, _, errors) = try Session.run(words, input: "")
            #expect(status != 0 && errors.contains(word) && errors.split(separator: "\n").count <= 2, "\(words): \(errors)")
        }
    }
}

@Suite struct JSONValueTests {
    private func value(_ text: String) -> JSONValue? { try? JSONValue(Array(text.utf8), name: "f") }

    @Test func valuesAreRead() throws {
        let object = try #require(value(#" {"a" : [1, -2.5e2, true,false , null,"x\n\"\\\/é😀"], "b":{"c":{}}, "d":[]} "#))
        let items = try #require(object["a"]?.array)
        #expect(items.count == 6 && items[0].number == 1 && items[1].number == -250 && items[5].text == "x\n\"\\/é😀")
        #expect(object["b"]?["c"] != nil && object["d"]?.array.isEmpty == true && object["e"] == nil && items[0]["a"] == nil)
    }

    /// Every part of a text that isn't all of it is none, and so is what RFC 8259 doesn't have.
    @Test func whatIsNoneIsRefused() {
        let text = #"{"a":[1,{"b":"c\u00e9"}],"d":-1.5}"#
        for count in 0..<text.utf8.count { #expect(value(String(text.prefix(count))) == nil, "\(text.prefix(count))") }
        for wrong in ["", "{", "[1,]", "{\"a\"}", "{a:1}", "nul", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800x\"", "1 2", "--1", "+", "[1}",
                      "{\"a\":1,}", String(repeating: "[", count: 100_000)] {
            #expect(value(wrong) == nil, "\(wrong.prefix(20))")
        }
    }

    /// What this program writes it reads.
    @Test func writtenTextIsReadAgain() {
        for text in ["", "a\u{0}b\u{1b}\u{9f}\u{7f}", "ü\t\r\n\"\\/😀"] {
            var object = JSONObject()
            object.set("key \(text)", text)
            #expect(value(object.line)?["key \(text)"]?.text == text)
        }
    }
}
