import Foundation
import Testing

private let model = modelPath("whisper-base")
private let hasProduct = FileManager.default.isExecutableFile(atPath: productPath)
private let clips = evaluationData("speech")
private let canHear = hasProduct && FileManager.default.fileExists(atPath: model) && clips != nil

/// `transcribe` as its users start it; what needs no model.
@Suite(.enabled(if: hasProduct, "swiftlet is not there"))
struct TranscribeLineTests {
    @Test(arguments: [["transcribe"], ["transcribe", "a.wav", "--script", "latin"], ["transcribe", "a.wav", "b.wav", "--srt"],
                      ["transcribe", "a.wav", "--srt", "--json"], ["transcribe", "a.wav", "--speed", "2"]])
    func wrongLinesAreRefusedBeforeAnythingIsDone(_ words: [String]) throws {
        let (status, output, errors) = try Session.run(words, input: "")
        #expect(status == 2 && output.isEmpty && errors.split(separator: "\n").count == 1, "\(errors)")
    }

    @Test func aConsoleHasNoStandardInputToListenTo() throws {
        let (status, output, errors) = try Session.run(["run", "--simulate"], input: "transcribe -\n")
        #expect(status == 1 && (output + errors).contains("no standard input"), "\(output)\(errors)")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: modelPath("efficientnet-lite0")), "`make models` makes the classifier"))
    func aModelThatDoesNotHearIsRefused() throws {
        let (status, output, errors) = try Session.run(["transcribe", "a.wav", "--model", modelPath("efficientnet-lite0")], input: "")
        #expect(status != 0 && output.isEmpty && errors.contains("no speech model"), "\(errors)")
    }
}

/// The same with the published model and real clips.
@Suite(.serialized, .enabled(if: canHear, "swiftlet, models/whisper-base.nest or the evaluation data's speech is not there"))
struct TranscribeTests {
    private func clip(_ name: String) throws -> String { try #require(clips) + "/" + name }

    private func objects(_ words: [String]) throws -> (status: Int32, objects: [[String: Any]], errors: String) {
        let (status, output, errors) = try Session.run(["transcribe", "--model", model, "--json"] + words, input: "")
        let objects = try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        return (status, objects, errors)
    }

    @Test func chineseAndEnglishAreWrittenDown() throws {
        let (status, found, errors) = try objects([try clip("BAC009S0150W0001.wav"), try clip("jfk16k.wav")])
        #expect(status == 0 && found.count == 2, "\(errors)")
        #expect(found[0]["language"] as? String == "zh" && found[1]["language"] as? String == "en")
        let chinese = try #require(found[0]["text"] as? String), english = try #require(found[1]["text"] as? String)
        #expect(chinese.hasPrefix("设定"), "\(chinese)")
        #expect(english.lowercased().contains("ask not what your country can do for you"), "\(english)")
        #expect(try #require(found[1]["audioSeconds"] as? Double) > 10)
    }

    @Test func oneFileThatCannotBeReadDoesNotStopTheOthers() throws {
        let (status, found, errors) = try objects(["/nowhere.wav", try clip("BAC009S0150W0001.wav")])
        #expect(status == 1 && found.count == 1 && errors.contains("/nowhere.wav: can't be opened"), "\(errors)")
    }

    @Test func theScriptCanBeChosen() throws {
        let path = try clip("BAC009S0150W0001.wav")
        let simplified = try objects([path]).objects[0]["text"] as? String
        let traditional = try objects([path, "--script", "traditional"]).objects[0]["text"] as? String
        #expect(simplified?.hasPrefix("设") == true && traditional?.hasPrefix("設") == true)
    }

    @Test func subtitlesHaveNumbersAndTimes() throws {
        let (status, output, errors) = try Session.run(["transcribe", try clip("jfk16k.wav"), "--model", model, "--srt"], input: "")
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(status == 0 && lines.count >= 4, "\(errors)")
        #expect(lines[0] == "1" && lines[1].hasPrefix("00:00:00,") && lines[1].contains(" --> 00:00:"), "\(output)")
    }

    @Test func theConsoleHearsToo() throws {
        let path = try clip("BAC009S0150W0001.wav")
        let (status, output, errors) = try Session.run(["run", "--simulate"], input: "transcribe \(path) --model \(model)\n")
        #expect(status == 0 && output.contains("设定"), "\(output)\(errors)")
    }
}
