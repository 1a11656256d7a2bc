import Commands
import Foundation
import Platform
import Testing

/// Runs one line and keeps what it wrote.
struct Ran {
    var code: Int32
    var output: [String] = []
    var errors: [String] = []

    init(_ words: String...) {
        final class Lines { var output: [String] = [], errors: [String] = [] }
        let lines = Lines()
        let context = Context(output: { lines.output.append($0) }, errors: { lines.errors.append($0) })
        context.folders.paths = ["/nowhere"]
        code = runCommand(words, context: context)
        output = lines.output
        errors = lines.errors
    }
}

@Suite struct CommandLineTests {
    @Test func wrongArgumentsGiveTwo() {
        let lines: [Ran] = [
            Ran("fly"), Ran("classify"), Ran("classify", "--top"), Ran("classify", "a.jpg", "--top", "0"),
                Ran("classify", "a.jpg", "--top", "many"),
            Ran("classify", "a.jpg", "--nonsense"), Ran("classify", "a.jpg", "--json=yes"), Ran("classify", "--frames", "12:yuyv", "f"),
            Ran("classify", "--frames", "3x2:yuyv", "f"), Ran("classify", "--frames", "1920x1080:webp", "f"),
                Ran("classify", "--frames", "99999999999999999999x2:grey", "f"),
            Ran("detect", "a.jpg", "--score", "2"), Ran("detect", "a", "b", "--draw", "c.png"), Ran("bench"),
                Ran("bench", "m", "--runs", "-1"), Ran("info"),
            Ran("infer", "m", "i"), Ran("selftest", "--cases", "0"), Ran("help", "fly"),
        ]
        for ran in lines {
            #expect(ran.code == 2)
            #expect(ran.errors.count == 1 && ran.errors[0].hasPrefix("swiftlet: ") && !ran.errors[0].contains("\n"), "\(ran)")
            #expect(ran.output.isEmpty)
        }
        #expect(Ran("bench", "m", "--kernels", "abacus").code == 2)
        #expect(Ran("bench", "m", "--budget", "12Q").code == 2)
    }

    @Test func failuresGiveOne() throws {
        for ran in [Ran("classify", "a.jpg"), Ran("info", "/nowhere/model.nest"), Ran("detect", "a.jpg", "--model", "none")] {
            #expect(ran.code == 1 && ran.errors.count == 1)
        }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("swiftlet-\(UUID().uuidString).nest")
        defer { try? FileManager.default.removeItem(at: file) }
        var generator = SystemRandomNumberGenerator()
        try Data((0..<5000).map { _ in UInt8.random(in: 0...255, using: &generator) }).write(to: file)
        for command in ["info", "bench"] {
            let ran = Ran(command, file.path)
            #expect(ran.code == 1 && ran.errors.count == 1 && ran.errors[0].contains(file.path))
        }
    }

    @Test func everyCommandExplainsItself() {
        #expect(Ran("help").code == 0 && Ran().code == 0)
        for command in commandTable {
            for ran in [Ran("help", command.name), Ran(command.name, "--help")] {
                #expect(ran.code == 0 && ran.errors.isEmpty)
                let text = ran.output.joined()
                #expect(text.contains("usage: swiftlet \(command.name)"))
                for option in command.options { #expect(text.contains(option.name)) }
            }
            #expect(command.options.count == Set(command.options.map { $0.name }).count)
        }
        #expect(Ran("help").output.joined().contains("classify"))
    }

    @Test func argumentsAreTakenApart() throws {
        let options = [OptionSpecification("--top", "K", ""), OptionSpecification("--json", nil, ""), OptionSpecification("-o", "F", ""),
                       OptionSpecification("--budget", "B", "")]
        let arguments = try Arguments(["a", "--top", "3", "--json", "-", "-o", "x", "--top=4", "--", "--json2"], options: options)
        #expect(arguments.positional == ["a", "-", "--json2"])
        #expect(arguments.text("-o") == "x" && arguments.has("--json"))
        #expect(try arguments.integer("--top", in: 1...9) == 4)
        for (text, bytes) in [("5000", 5000), ("5M", 5_000_000), ("4Mi", 4 << 20), ("1G", 1_000_000_000), ("512k", 512_000)] {
            #expect(try Arguments(["--budget", text], options: options).byteCount("--budget") == bytes)
        }
        for text in ["", "M", "-5", "5X", "0", "99999999999G", "99999999999999999999"] {
            #expect(throws: Failure.self) { try Arguments(["--budget", text], options: options).byteCount("--budget") }
        }
    }

    @Test func jsonIsWhatFoundationReads() throws {
        let awkward = "quote \" backslash \\ newline \n tab \t bell \u{7} null \u{0} delete \u{7F} é 語 🐦 end"
        var object = JSONObject()
        object.set(awkward, awkward)
        object.set("number", -12)
        object.set("real", 0.125, decimals: 3)
        object.set("bad", Double.nan, decimals: 3)
        object.set("yes", true)
        object.set("list", ["a", "\""])
        var inner = JSONObject()
        inner.set("x", 1)
        object.set("objects", [inner, JSONObject()])
        #expect(!object.line.contains("\n"))
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(object.line.utf8)) as? [String: Any])
        #expect(parsed[awkward] as? String == awkward)
        #expect(parsed["number"] as? Int == -12 && parsed["real"] as? Double == 0.125 && parsed["yes"] as? Bool == true)
        #expect(parsed["bad"] is NSNull)
        #expect(parsed["list"] as? [String] == ["a", "\""])
        #expect((parsed["objects"] as? [[String: Any]])?.count == 2)
    }

    @Test func statusIsOneObject() throws {
        let ran = Ran("status", "--json")
        #expect(ran.code == 0 && ran.output.count == 1)
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(ran.output[0].utf8)) as? [String: Any])
        #expect((parsed["kernels"] as? String)?.isEmpty == false && (parsed["cores"] as? Int ?? 0) > 0)
        #expect(Ran("status").output.contains { $0.hasPrefix("kernels") })
    }

    @Test func selfTestPasses() {
        let ran = Ran("selftest", "--cases", "3", "--json")
        #expect(ran.code == 0, "\(ran.errors)")
    }
}
