import Foundation
import Testing
import TestSupport

private let isBuilt = [productPath, compilerPath].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }

/// Sounds that the golden classifier tells apart (goldens/sound.py).
enum TestSound {
    case silence, low, high, both, noise

    func samples(_ seconds: Double) -> [Int16] {
        var random = Random(7)
        return (0..<Int(seconds * 16_000)).map { index in
            let low = 0.45 * sin(2 * .pi * 240 * Double(index) / 16_000), high = 0.45 * sin(2 * .pi * 3250 * Double(index) / 16_000)
            switch self {
            case .silence: return 0
            case .low: return Int16(32_767 * low)
            case .high: return Int16(32_767 * high)
            case .both: return Int16(32_767 * (low + high))
            case .noise: return Int16(Double(random.int(-6000...6000)))
            }
        }
    }

    /// A file of them, one after the other.
    static func write(_ parts: [(TestSound, Double)], to path: String) throws {
        try WaveBytes.file(parts.flatMap { $0.samples($1) }).write(to: URL(fileURLWithPath: path))
    }
}

/// `hear` as its users start it.
@Suite(.enabled(if: isBuilt, "swiftlet or nestc is not there"))
struct HearTests {
    private struct Sound: Equatable {
        var label: String, from: Double, to: Double
    }

    private func objects(_ words: [String], input: String = "") throws -> (status: Int32, objects: [[String: Any]], errors: String) {
        let (status, output, errors) = try Session.run(["hear", "--json"] + words, input: input)
        let objects = try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        return (status, objects, errors)
    }

    private func sounds(_ object: [String: Any]) -> [Sound] {
        (object["sounds"] as? [[String: Any]] ?? []).map {
            Sound(label: $0["label"] as? String ?? "", from: $0["from"] as? Double ?? .nan, to: $0["to"] as? Double ?? .nan)
        }
    }

    @Test(arguments: [["hear"], ["hear", "a.wav"], ["hear", "a.wav", "--model", "m", "--top", "0"],
                      ["hear", "a.wav", "--model", "m", "--threshold", "2"], ["hear", "a.wav", "--model", "m", "--loud"]])
    func wrongLinesAreRefusedBeforeAnythingIsDone(_ words: [String]) throws {
        let (status, output, errors) = try Session.run(words, input: "")
        #expect(status == 2 && output.isEmpty && errors.split(separator: "\n").count == 1, "\(errors)")
    }

    /// Windows begin each 0.48 s and last 0.975 s: what fills one is heard, and two sounds at once are both.
    @Test func soundsHaveNamesAndTimes() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let nest = try #require(try SoundModels.tones(scratch)), file = scratch("a.wav")
        try TestSound.write([(.low, 2.4), (.silence, 2.4), (.both, 2.4), (.noise, 2.4)], to: file)
        let (status, found, errors) = try objects([file, "--model", nest, "--threshold", "0.6"])
        let object = try #require(found.first, "\(errors)")
        #expect(status == 0 && found.count == 1 && object["file"] as? String == file && object["audioSeconds"] as? Double == 9.6)
        let heard = sounds(object)
        #expect(heard.map(\.label).sorted() == ["high tone", "low tone", "low tone", "noise"], "\(heard)")
        for (label, begin, end) in [("low tone", 0.0, 2.4), ("low tone", 4.8, 7.2), ("high tone", 4.8, 7.2), ("noise", 7.2, 9.6)] {
            #expect(heard.contains { $0.label == label && abs($0.from - begin) < 0.5 && abs($0.to - end) < 0.5 }, "\(label): \(heard)")
        }
        // One at a time, and window by window.
        let single = sounds(try objects([file, "--model", nest, "--threshold", "0.6", "--top", "1"]).objects[0])
        #expect(single.count < heard.count && !single.isEmpty, "\(single)")
        let windows = sounds(try objects([file, "--model", nest, "--threshold", "0.6", "--windows"]).objects[0])
        #expect(windows.count > heard.count && windows.allSatisfy { $0.to - $0.from < 0.98 }, "\(windows)")
        // For people: a line a sound, and what was done on standard error.
        let text = try Session.run(["hear", file, "--model", nest, "--threshold", "0.6"], input: "")
        #expect(text.output.hasPrefix("  0.00 -   ") && text.output.split(separator: "\n").count == 4, "\(text.output)")
        #expect(text.errors.contains("9.6 s of sound, 19 windows"), "\(text.errors)")
    }

    @Test func silenceHasNone() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let nest = try #require(try SoundModels.tones(scratch))
        try TestSound.write([(.silence, 0.2)], to: scratch("short.wav"))
        try WaveBytes.file([]).write(to: URL(fileURLWithPath: scratch("empty.wav")))
        let (status, found, errors) = try objects([scratch("short.wav"), scratch("empty.wav"), "--model", nest])
        #expect(status == 0 && found.count == 2 && found.allSatisfy { sounds($0).isEmpty }, "\(errors)")
        #expect(found.map { $0["windows"] as? Int } == [1, 0], "\(found)")
    }

    /// A damaged file is said in a line and doesn't stop the others; half a file has half of the sounds.
    @Test func damagedFilesAreSaid() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let nest = try #require(try SoundModels.tones(scratch))
        try Data("RIFF".utf8 + [UInt8](repeating: 255, count: 300)).write(to: URL(fileURLWithPath: scratch("hostile.wav")))
        try WaveBytes.file(TestSound.high.samples(2), announced: 1 << 28).write(to: URL(fileURLWithPath: scratch("cut.wav")))
        var numbers = TestSound.high.samples(2).map { Float($0) / 32_768 }
        for index in stride(from: 0, to: numbers.count, by: 1000) { numbers[index] = [Float.nan, .infinity, 1e30][index / 1000 % 3] }
        try WaveBytes.file(floats: numbers).write(to: URL(fileURLWithPath: scratch("nan.wav")))
        let (status, found, errors) = try objects([scratch("hostile.wav"), "/nowhere.wav", scratch("cut.wav"), scratch("nan.wav"),
                                                   "--model", nest])
        #expect(status == 1 && found.count == 2, "\(errors)")
        #expect(found.allSatisfy { sounds($0).map(\.label).contains("high tone") && $0["warning"] is String }, "\(found)")
        #expect(errors.contains("hostile.wav: ") && errors.contains("/nowhere.wav: can't be opened"), "\(errors)")
    }

    @Test func aPipeIsHeard() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let nest = try #require(try SoundModels.tones(scratch))
        // Two seconds of a constant, as samples of 16 bits without a header.
        let (status, found, errors) = try objects(["-", "--model", nest], input: String(repeating: "AB", count: 32_000))
        #expect(status == 0 && found.first.map { sounds($0).map(\.label) } == ["low tone"], "\(found) \(errors)")
        let console = try Session.run(["run", "--simulate"], input: "hear - --model \(nest)\n")
        #expect(console.status == 1 && (console.output + console.errors).contains("no standard input"), "\(console.errors)")
    }

    @Test func modelsThatHearNothingAreRefused() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try TestSound.write([(.low, 1)], to: scratch("a.wav"))
        var models = [try #require(try compiledMotionModel(scratch))]
        for name in ["alexa", "efficientnet-lite0", "whisper-base"] where FileManager.default.fileExists(atPath: modelPath(name)) {
            models.append(modelPath(name))
        }
        for model in models {
            let (status, output, errors) = try Session.run(["hear", scratch("a.wav"), "--model", model], input: "")
            #expect(status == 1 && output.isEmpty && errors.split(separator: "\n").count == 1, "\(model): \(errors)")
        }
    }
}

/// A task on the simulated board's microphone.
@Suite(.serialized, .enabled(if: isBuilt, "swiftlet or nestc is not there"))
struct SoundTaskTests {
    private func configuration(_ nest: String, rate: Int = 16_000, input: String = "microphone") -> String {
        """
        [output lamp]
        line = indicator
        [microphone]
        rate = \(rate)
        [task ears]
        input = \(input)
        models = \(nest)
        deadline = 30 s
        on high tone > 0.6 = output lamp on for 60 min, log

        """
    }

    /// A tone is heard at the card's own rate, beside who records it, and again when the microphone was gone.
    @Test(arguments: [16_000, 48_000])
    func tonesAreHeard(rate: Int) throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let nest = try #require(try SoundModels.tones(scratch))
        try TestSound.write([(.high, 3.2)], to: scratch("high.wav"))
        try TestSound.write([(.low, 3.2)], to: scratch("low.wav"))
        try Data(configuration(nest, rate: rate).utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        let firmware = try Firmware(scratch("c.conf"))
        func hears(_ label: String) throws -> [String: Any] {
            try firmware.ask("tasks") { $0.first?["label"] as? String == label && $0.first?["score"] as? Double ?? 0 > 0.6 }.first ?? [:]
        }
        _ = try firmware.ask("fault microphone play \(scratch("low.wav")) loop")
        let low = try hears("low tone")
        #expect(low["label"] as? String == "low tone" && low["state"] as? String == "running", "\(low) \(firmware.log)")
        // Twice a second, since windows come no faster; nothing is on yet.
        #expect(abs((low["framesPerSecond"] as? Double ?? 0) - 16_000 / 7680) < 0.01, "\(low)")
        #expect(try firmware.ask("gpio lamp").first?["on"] as? Bool == false)
        _ = try firmware.ask("fault microphone play \(scratch("high.wav")) loop")
        #expect(try hears("high tone")["label"] as? String == "high tone", "\(firmware.log)")
        let lamp = try firmware.ask("gpio lamp") { $0.first?["on"] as? Bool == true }
        #expect(lamp.first?["on"] as? Bool == true, "\(lamp)")
        // Who has the microphone for himself takes nothing away.
        let recorded = try firmware.ask("microphone --wav \(scratch("heard.wav")) --seconds 1 --json")
        #expect(recorded.contains { $0["seconds"] as? Double == 1 }, "\(recorded)")
        _ = try firmware.ask("fault microphone unplug")
        _ = try firmware.ask("status") { ($0.first?["microphone"] as? [String: Any])?["state"] as? String == "not found" }
        _ = try firmware.ask("fault microphone play \(scratch("low.wav")) loop")
        _ = try firmware.ask("fault clear")
        #expect(try hears("low tone")["label"] as? String == "low tone", "\(firmware.log)")
        #expect(firmware.end() == 0)
        #expect(firmware.log.contains { $0.contains("ears: high tone > ") }, "\(firmware.log)")
    }

    @Test func wrongInputsAreRefused() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let tones = try #require(try SoundModels.tones(scratch)), motion = try #require(try compiledMotionModel(scratch))
        let camera = "[camera front]\ndevice = simulated\nframes = 320x240:yuyv\nrate = 30\n"
        let whole = configuration(tones)
        for (text, word) in [(whole.replacingOccurrences(of: "[microphone]\nrate = 16000\n", with: ""), "no section [microphone]"),
                             (configuration(motion), "takes windows of a motion sensor"),
                             (camera + configuration(tones, input: "front"), "takes sound; input = microphone"),
                             (whole.replacingOccurrences(of: "high tone >", with: "siren >"), "no label siren")] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
            let (status, _, errors) = try Session.run(["run", "--simulate", "--config", scratch("c.conf")], input: "")
            #expect(status != 0 && errors.contains(word) && errors.split(separator: "\n").count == 1, "\(status): \(errors)")
        }
    }
}
