import Foundation
import Testing
import TestSupport

private let model = modelPath("smollm2-135m")
private let isThere = FileManager.default.isExecutableFile(atPath: productPath) && FileManager.default.fileExists(atPath: model)

/// `generate` as its users start it, with the published model.
@Suite(.serialized, .enabled(if: isThere, "swiftlet or models/smollm2-135m.nest is not there; `make models` makes the model"))
struct GenerateTests {
    private static let prompt = "The history of the bicycle begins"

    private func answer(_ words: String...) throws -> [String: Any] {
        let (status, output, errors) = try Session.run(["generate", Self.prompt, "--model", model, "--temperature", "0", "--json"] + words,
                                                       input: "")
        #expect(status == 0, "\(errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }

    @Test func aBudgetIsForTheWholeProcess() throws {
        let whole = try answer("--tokens", "6", "--context", "128")
        for budget in [40_000_000, 70_000_000] {
            let within = try answer("--tokens", "6", "--context", "128", "--budget", "\(budget)")
            let bytes = try #require(within["bytes"] as? [String: Any])
            #expect(within["text"] as? String == whole["text"] as? String)
            #expect(try #require(bytes["processPeak"] as? Int) <= budget)
            #expect(try #require(bytes["streamed"] as? Int) > 0)
        }
    }

    @Test func aBudgetThatCannotBeKeptIsRefusedWithWhatTheProgramTakes() throws {
        for budget in ["1M", "16M"] {
            let (status, output, errors) = try Session.run(["generate", Self.prompt, "--model", model, "--budget", budget], input: "")
            #expect(status != 0 && output.isEmpty)
            #expect(errors.contains("budget") && errors.contains("program"), "\(errors)")
            #expect(errors.split(separator: "\n").count == 1)
        }
    }

    @Test func memoryThatIsNotThereIsOneLine() throws {
        let process = Process(), said = Pipe(), wrong = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "ulimit -v 250000; exec \"$0\" \"$@\"", productPath, "generate", Self.prompt, "--model", model,
                             "--context", "8192", "--tokens", "2"]
        process.standardOutput = said
        process.standardError = wrong
        try process.run()
        let output = said.fileHandleForReading.readDataToEndOfFile(),
            errors = String(decoding: wrong.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus != 0 && output.isEmpty)
        #expect(errors.split(separator: "\n").count == 1 && errors.contains("for the keys and values of a context of 8192"), "\(errors)")
    }

    @Test func activationsOfEightBitsAreAChoice() throws {
        let narrow = try answer("--tokens", "6", "--activations", "8")
        #expect(!(try #require(narrow["text"] as? String)).isEmpty)
        let (status, _, errors) = try Session.run(["generate", Self.prompt, "--model", model, "--activations", "12"], input: "")
        #expect(status == 2 && errors.contains("there are 8 and 16"), "\(errors)")
    }

    @Test func textsLongerThanTheContextGoOnAndSaySo() throws {
        let long = String(repeating: "A board has a clock of its own. ", count: 30)
        let (status, output, errors) = try Session.run(["generate", long, "--model", model, "--temperature", "0", "--tokens", "40",
                                                        "--context", "64"], input: "")
        #expect(status == 0 && !output.isEmpty)
        #expect(errors.contains("context of 64"), "\(errors)")
    }

    @Test func theConsoleTellsOfTheGeneration() throws {
        let script = "generate \"\(Self.prompt)\" --model \(model) --temperature 0 --tokens 5 --context 64 --budget 40M\nstatus\nstatus "
            + "--json\n"
        let (status, output, errors) = try Session.run(["run", "--simulate"], input: script)
        #expect(status == 0, "\(output)\(errors)")
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("language ") }, "\(output)")
        for expected in ["5 tokens", "a second", "resident", "streamed a token", "stalls", "done"] {
            #expect(line.contains(expected), "\(line)")
        }
        let object = try #require(output.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }.first { $0["language"] != nil })
        let language = try #require(object["language"] as? [String: Any])
        #expect(language["tokens"] as? Int == 5 && language["running"] as? Bool == false)
        #expect(try #require(language["streamedBytes"] as? Int) > 100_000_000)
    }

    /// The file shrinks in the midst of a text, as one on a card that is pulled out: that text ends with one line, the
    /// firmware goes on, and so does another generation. The text has no end of its own: once some of it has been said it is
    /// in its midst.
    @Test func storageThatFailsEndsTheTextAndNotTheFirmware() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let copy = scratch("copy.nest")
        try FileManager.default.copyItem(atPath: model, toPath: copy)
        let script = """
            generate "\(Self.prompt)" --model \(copy) --temperature 0 --tokens 100000 --context 64 --budget 40M
            status
            imu --seconds 1 --rate 2
            generate "\(Self.prompt)" --model \(model) --temperature 0 --tokens 3 --context 64 --budget 40M

            """
        var isCut = false
        let (status, output, errors) = try Session.run(["run", "--simulate"], input: script, heard: { said in
            guard !isCut, let begin = said.range(of: "> generate"), let line = said[begin.upperBound...].firstIndex(of: "\n") else {
                return
            }
            // Lines of the log, and whole lines only, are none of the text.
            let text = said[line...].split(separator: "\n").filter { !$0.hasPrefix("[") }
            guard text.reduce(0, { $0 + $1.utf8.count }) > 60 else { return }
            isCut = true
            truncate(copy, 60_000_000)
        })
        #expect(isCut)
        // One command failed, and only one.
        #expect(status == 1, "\(output)\(errors)")
        // By a read that ends early, or by a page of the vocabulary that is gone.
        #expect((output + errors).contains("truncated") && (output + errors).contains("while in use"), "\(output)\(errors)")
        #expect(output.contains("; failed: "), "\(output)")
        #expect(output.contains("3 tokens, "), "\(output)")
        #expect(output.contains("acc_x") || output.contains("m/s²"), "\(output)")
    }
}
