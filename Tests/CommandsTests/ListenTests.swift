import Board
@testable import Commands
@testable import Configuration
@testable import Console
@testable import Device
import Foundation
import Platform
import TestSupport
import Testing
import VirtualBoard

private let model = modelPath("whisper-base")
private let hasProduct = FileManager.default.isExecutableFile(atPath: productPath)
private let clips = evaluationData("speech")
private let canHear = hasProduct && FileManager.default.fileExists(atPath: model) && clips != nil

/// `listen` as its users start it; what needs no model.
@Suite(.enabled(if: hasProduct, "swiftlet is not there"))
struct ListenLineTests {
    @Test(arguments: [["a.wav"], ["--pace", "real-time"], ["--wav", "a.wav", "--pace", "double"], ["--wav", "a.wav", "--button", "x"],
                      ["--wav", "a.wav", "--device", "x"],
                      ["--button", "x", "--wake-word", "y"], ["--partials"], ["--seconds", "0"], ["--utterances", "none"],
                      ["--script", "latin"], ["--rate", "5"], ["--wav", "-", "--pace", "none"], ["--loud"]])
    func wrongLinesAreRefusedBeforeAnythingIsDone(_ words: [String]) throws {
        let (status, output, errors) = try Session.run(["listen"] + words, input: "")
        #expect(status == 2 && output.isEmpty && errors.split(separator: "\n").count == 1, "\(words): \(status) \(errors)")
    }

    @Test func soundThatCannotBeReadIsSaidInOneLine() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try Data("no sound".utf8).write(to: URL(fileURLWithPath: scratch("text.wav")))
        for path in ["/nowhere.wav", scratch("text.wav"), scratch("")] {
            let (status, output, errors) = try Session.run(["listen", "--wav", path], input: "")
            #expect(status == 1 && output.isEmpty && errors.split(separator: "\n").count == 1, "\(path): \(errors)")
        }
        let (status, output, errors) = try Session.run(["run", "--simulate"], input: "listen --wav -\n")
        #expect(status == 1 && (output + errors).contains("no standard input"), "\(output)\(errors)")
    }

    @Test func fastTimeHasNoMicrophone() throws {
        let (status, output, errors) = try Session.run(["run", "--simulate", "--fast"], input: "listen --seconds 1\n")
        #expect(status == 1 && (output + errors).contains("needs real time"), "\(output)\(errors)")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: modelPath("efficientnet-lite0")), "`make models` makes the classifier"))
    func aModelThatDoesNotHearIsRefused() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try WaveBytes.file([Int16](repeating: 0, count: 1600)).write(to: URL(fileURLWithPath: scratch("a.wav")))
        let (status, output, errors) = try Session.run(["listen", "--wav", scratch("a.wav"), "--model", modelPath("efficientnet-lite0")],
                                                       input: "")
        #expect(status != 0 && output.isEmpty && errors.contains("no speech model"), "\(errors)")
    }
}

/// The same with the published model and real clips.
@Suite(.serialized, .enabled(if: canHear, "swiftlet, models/whisper-base.nest or the evaluation data's speech is not there"))
struct ListenTests {
    private let chinese = "BAC009S0150W0001.wav"

    private func clip(_ name: String) throws -> String { try #require(clips) + "/" + name }

    private func objects(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").compactMap { line in
            line.hasPrefix("{") ? try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] : nil
        }
    }

    private func listen(_ words: [String]) throws -> (status: Int32, objects: [[String: Any]], errors: String) {
        let (status, output, errors) = try Session.run(["listen", "--model", model, "--json"] + words, input: "")
        return (status, try objects(output), errors)
    }

    /// Two clips with a pause between them.
    private func dialogue(_ scratch: Scratch, announced: Int? = nil) throws -> String {
        var samples = WaveBytes.room(1)
        samples += try WaveBytes.samples(try clip(chinese))
        samples += WaveBytes.room(2)
        samples += try WaveBytes.samples(try clip("jfk16k.wav"))
        samples += WaveBytes.room(1.5)
        let path = scratch("dialogue.wav")
        try WaveBytes.file(samples, announced: announced).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func utterancesAreWrittenDownAsTheyEnd() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let path = try dialogue(scratch)
        let (status, found, errors) = try listen(["--wav", path, "--partials"])
        #expect(status == 0 && errors.isEmpty, "\(errors)")
        let finals = found.filter { $0["text"] != nil }, partials = found.filter { $0["partial"] != nil }
        let first = try #require(finals.first), text = finals.dropFirst().compactMap { $0["text"] as? String }.joined(separator: " ")
        #expect((first["text"] as? String)?.hasPrefix("设定") == true && first["language"] as? String == "zh", "\(first)")
        #expect(text.lowercased().contains("ask not what your country can do for you"), "\(text)")
        #expect(partials.count >= 2, "\(partials)")
        let times = try #require(first["milliseconds"] as? [String: Double])
        #expect(times["afterDecision"] != nil && times["afterSpeech"] != nil)
        let summary = try #require(found.last?["summary"] as? [String: Any])
        #expect(summary["utterances"] as? Int == finals.count)
        // As text: a line an utterance, and what it came to among the errors.
        let (_, output, said) = try Session.run(["listen", "--model", model, "--wav", path, "--utterances", "1"], input: "")
        #expect(output.hasPrefix("设定") && output.split(separator: "\n").count == 1 && said.contains("utterances 1"), "\(output)\(said)")
    }

    @Test func aFileThatIsCutIsHeardToItsEnd() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let (status, found, errors) = try listen(["--wav", try dialogue(scratch, announced: 1 << 24)])
        #expect(status == 0 && errors.contains("ends after") && found.contains { ($0["text"] as? String)?.hasPrefix("设定") == true },
                "\(errors)\(found)")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: modelPath("alexa")), "`make models` makes the wake word"))
    func onlyWhatIsSaidBehindTheWordIsWrittenDown() throws {
        let words = repository.appendingPathComponent("Tests/golden/hearing/wake-word.wav").path
        let (status, found, errors) = try listen(["--wav", words, "--wake-word", modelPath("alexa"), "--language", "en"])
        #expect(status == 0 && errors.isEmpty, "\(errors)")
        let texts = found.compactMap { $0["text"] as? String }
        #expect(found.first?["woken"] as? String == "Alexa" && texts.count == 1, "\(found)")
        #expect(texts.first?.lowercased().contains("weather") == true, "\(found)")
        // People who talk of other things.
        for name in try FileManager.default.contentsOfDirectory(atPath: try #require(clips)).sorted() where name.hasSuffix(".wav") {
            let (status, found, errors) = try listen(["--wav", try clip(name), "--wake-word", modelPath("alexa")])
            #expect(status == 0 && found.count == 1, "\(name): \(found) \(errors)")
        }
    }

    @Test func whatIsNoWakeWordIsRefused() throws {
        let (status, found, errors) = try listen(["--wav", try clip(chinese), "--wake-word", model])
        #expect(status != 0 && found.isEmpty && errors.contains("no wake-word model"), "\(errors)")
    }

    @Test func aPipeIsHeard() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let process = Process(), said = Pipe()
        process.executableURL = URL(fileURLWithPath: productPath)
        process.arguments = ["listen", "--model", model, "--wav", "-"]
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: try dialogue(scratch)))
        process.standardOutput = said
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && output.hasPrefix("设定"), "\(output)")
    }

    // MARK: the simulated board's microphone

    private func device(button: Bool = false) throws -> Device {
        let board = try SimulatedBoard.make(log: nil, fast: false)
        var configuration = DeviceConfiguration()
        configuration.microphone = DeviceConfiguration.Microphone()
        if button {
            _ = board.addLine("gpiochip0/30", "talk")
            var input = DeviceConfiguration.Input()
            input.name = "talk"
            input.request.line = "gpiochip0/30"
            input.request.edges = .both
            configuration.inputs = [input]
            configuration.microphone?.button = "talk"
        }
        configuration.locksMemory = false
        configuration.realTimePriority = 0
        let device = try Device(board: board, configuration: configuration)
        DeviceFactory.populate(device)
        return device
    }

    /// Commands that are given while others run, each after so many seconds.
    private func meanwhile(_ device: Device, _ lines: [(seconds: Double, words: [String])]) {
        let thread = Foundation.Thread {
            for line in lines {
                usleep(UInt32(line.seconds * 1e6))
                _ = run(line.words, device)
            }
        }
        thread.start()
    }

    @Test func whoSpeaksAtTheMicrophoneIsHeard() throws {
        let scratch = Scratch(), device = try device()
        defer { scratch.remove() }
        try device.start()
        defer { device.stop() }
        var samples = WaveBytes.room(1)
        samples += try WaveBytes.samples(try clip(chinese))
        samples += WaveBytes.room(3)
        try WaveBytes.file(samples).write(to: URL(fileURLWithPath: scratch("clip.wav")))
        #expect(run(["fault", "microphone", "play", scratch("clip.wav"), "loop"], device).status == 0)
        meanwhile(device, [(2, ["status"])])
        let (status, said) = run(["listen", "--model", model, "--utterances", "2", "--json"], device)
        let finals = try objects(said.joined(separator: "\n")).filter { $0["text"] != nil }
        // Begun in the middle of the loop, the first may be half a sentence; one of two is whole.
        #expect(status == 0 && finals.count == 2 && finals.contains { ($0["text"] as? String)?.hasPrefix("设定") == true }, "\(said)")
        #expect(said.last?.contains(#""lost":0"#) == true, "\(said)")
        #expect(device.microphone?.listening.read().isListening == false)
    }

    @Test func aMicrophoneThatGoesAndComesBackIsHeardAgain() throws {
        let scratch = Scratch(), device = try device()
        defer { scratch.remove() }
        try device.start()
        defer { device.stop() }
        var samples = try WaveBytes.samples(try clip(chinese))
        samples += WaveBytes.room(2)
        try WaveBytes.file(samples).write(to: URL(fileURLWithPath: scratch("clip.wav")))
        meanwhile(device, [(2, ["fault", "microphone", "unplug"]), (2, ["fault", "microphone", "plug"]),
                           (3, ["fault", "microphone", "play", scratch("clip.wav"), "loop"])])
        let (status, said) = run(["listen", "--model", model, "--utterances", "1", "--json"], device)
        #expect(status == 0 && said.contains { $0.contains("设定") } && said.last?.contains(#""gone":1"#) == true, "\(said)")
    }

    @Test func aButtonIsPushedToTalk() throws {
        let device = try device(button: true)
        try device.start()
        defer { device.stop() }
        #expect(run(["fault", "microphone", "play", try clip("jfk16k.wav"), "loop"], device).status == 0)
        meanwhile(device, [(1.5, ["press", "talk", "--for", "5000"])])
        let (status, said) = run(["listen", "--model", model, "--utterances", "1", "--json", "--language", "en"], device)
        let final = try #require(try objects(said.joined(separator: "\n")).first)
        let start = try #require(final["start"] as? Double), end = try #require(final["end"] as? Double)
        #expect(status == 0 && (final["text"] as? String)?.isEmpty == false && abs(end - start - 5.2) < 1, "\(said)")
    }

    @Test func whatIsNotThereIsSaid() throws {
        let device = try device()
        try device.start()
        defer { device.stop() }
        var said = run(["listen", "--button", "bell"], device)
        #expect(said.status == 2 && said.said.count == 1 && said.said[0].contains("no input bell"), "\(said)")
        said = run(["listen", "--device", "Kinect"], device)
        #expect(said.status == 1 && said.said.count == 1 && said.said[0].contains("no microphone Kinect"), "\(said)")
        let loop = try #require(device.microphone)
        #expect(loop.claim())
        said = run(["listen", "--model", model, "--seconds", "1"], device)
        #expect(said.status == 2 && said.said[0].contains("another command listens"), "\(said)")
        loop.release()
        #expect(run(["listen", "--model", "/nowhere.nest", "--seconds", "1"], device).status == 1)
    }
}
