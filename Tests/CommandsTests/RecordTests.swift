import Foundation
import Testing
import TestSupport

private let model = modelPath("efficientnet-lite0")
private let isThere = FileManager.default.fileExists(atPath: model)
private let isBuilt = FileManager.default.isExecutableFile(atPath: productPath)

/// Records of a firmware at work on a simulated board, from frames whose numbers are in them.
@Suite(.serialized, .enabled(if: isThere && isBuilt, "swiftlet or models/efficientnet-lite0.nest is not there"))
struct RecordTests {
    private static let width = 64, height = 48, frames = 200
    private static var frameBytes: Int { width * height * 2 }

    private static func frame(_ number: Int) -> Data {
        Data((0..<frameBytes).map { UInt8(truncatingIfNeeded: number &* 7 &+ $0 &* (number | 1)) })
    }

    /// - Parameter rule: any class has a score above 0, so one that holds for a time fires after that time.
    private func configuration(_ scratch: Scratch, folder: String, rule: String = "on tabby cat > 0 for 2 s = record 1 s, log",
                               records: String = "before = 1 s\n") throws -> String {
        var film = Data()
        for number in 0..<Self.frames { film += Self.frame(number) }
        try film.write(to: URL(fileURLWithPath: scratch("film.yuyv")))
        let text = """
            [records]
            folder = \(folder)
            \(records)
            [imu mpu9250]
            bus = i2c-1
            [microphone]
            [camera front]
            device = \(scratch("film.yuyv"))
            frames = \(Self.width)x\(Self.height):yuyv
            rate = 10
            [task watch]
            input = front
            models = \(model)
            rate = 5
            deadline = 30 s
            \(rule)

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        return scratch("c.conf")
    }

    private func records(_ firmware: Firmware) throws -> [String: Any] {
        try firmware.ask("status").first?["records"] as? [String: Any] ?? [:]
    }

    private func awaitRecord(_ firmware: Firmware, _ key: String = "kept") throws -> [String: Any] {
        let status = try firmware.ask("status") { (($0.first?["records"] as? [String: Any])?[key] as? Int ?? 0) > 0 }
        return status.first?["records"] as? [String: Any] ?? [:]
    }

    /// The frames of a record's file are those of the film, byte for byte, none left out and none twice.
    @Test func aRecordHasTheFramesMotionAndSoundAroundItsEvent() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let folder = scratch("records")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let firmware = try Firmware(try configuration(scratch, folder: folder))
        let state = try awaitRecord(firmware)
        #expect(state["kept"] as? Int == 1 && state["lost"] as? Int == 0 && (state["bytes"] as? Int ?? 0) > 0, "\(state) \(firmware.log)")
        #expect((try firmware.ask("budget").first?["recordBytes"] as? Int ?? 0) > 0)
        let row = try #require(try firmware.ask("records").first)
        #expect(row["task"] as? String == "watch" && row["rule"] as? String == "tabby cat > 0.00" && row["lost"] as? Int == 0, "\(row)")
        #expect(firmware.end() == 0)
        let name = try #require(row["record"] as? String)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
        let about = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)/record.json")))
        let object = try #require(about as? [String: Any]), frames = try #require(object["frames"] as? [String: Any])
        #expect(object["seconds"] as? Double == 2 && object["eventSeconds"] as? Double == 1, "\(object)")
        #expect(object["cutOff"] as? Bool == false && object["full"] as? Bool == false, "\(object)")
        try compareFrames(frames, "\(folder)/\(name)")
        let motion = try #require((object["motion"] as? [[String: Any]])?.first)
        let log = "\(folder)/\(name)/\(motion["file"] as? String ?? "")"
        let (status, output, errors) = try Session.run(["pose", log, "--json"], input: "")
        let samples = output.split(separator: "\n").filter { $0.contains("\"time_s\"") }.count
        #expect(status == 0 && samples == motion["samples"] as? Int && motion["lost"] as? Int == 0, "\(motion) \(errors)")
        let sound = try #require(object["sound"] as? [String: Any])
        let wave = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)/sound.wav"))
        let rate = try #require(sound["rateHertz"] as? Int), count = try #require(sound["samples"] as? Int)
        #expect(wave.count == 44 + 2 * count && wave.prefix(4) == Data("RIFF".utf8), "\(sound)")
        #expect(count > rate / 2 && count <= 2 * rate + rate / 10, "\(sound)")
    }

    private func compareFrames(_ frames: [String: Any], _ folder: String) throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + (frames["file"] as? String ?? "")))
        let count = try #require(frames["frames"] as? Int), seconds = try #require(frames["seconds"] as? [Double])
        #expect(frames["format"] as? String == "\(Self.width)x\(Self.height):yuyv" && frames["lost"] as? Int == 0)
        try #require(file.count == count * Self.frameBytes && seconds.count == count && count > 0)
        var numbers: [Int] = []
        for index in 0..<count {
            let bytes = file.subdata(in: index * Self.frameBytes..<(index + 1) * Self.frameBytes)
            numbers.append(try #require((0..<Self.frames).first { Self.frame($0) == bytes }, "frame \(index) is none of the film"))
        }
        #expect(numbers == (0..<count).map { (numbers[0] + $0) % Self.frames }, "\(numbers)")
        // A camera that is late skips the time it missed: there are no frames of it.
        #expect(count <= 21 && seconds.first! >= 0 && seconds.last! <= 2 && seconds == seconds.sorted(), "\(seconds)")
    }

    /// Pictures of a folder in turn: JPEG one behind the other, PNG in files of their own, both as they were.
    @Test(arguments: [["jpeg-420.jpg", "jpeg-grey.jpg"], ["png-alpha.png", "png-bilevel.png"]])
    func picturesAreKeptAsTheyWere(_ names: [String]) throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        for folder in ["pictures", "records"] {
            try FileManager.default.createDirectory(atPath: scratch(folder), withIntermediateDirectories: true)
        }
        var pictures: [Data] = []
        for name in names {
            pictures.append(try Data(contentsOf: repository.appendingPathComponent("Tests/golden/images/" + name)))
            try pictures.last?.write(to: URL(fileURLWithPath: scratch("pictures") + "/" + name))
        }
        let text = "[records]\nfolder = \(scratch("records"))\nbefore = 500 ms\n"
            + "[camera front]\ndevice = \(scratch("pictures"))\nrate = 10\n"
            + "[task watch]\ninput = front\nmodels = \(model)\nrate = 5\ndeadline = 30 s\non tabby cat > 0 for 1 s = record 500 ms\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        let firmware = try Firmware(scratch("c.conf"))
        _ = try awaitRecord(firmware)
        #expect(firmware.end() == 0)
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: scratch("records")).first)
        let record = scratch("records") + "/" + name
        let files = try FileManager.default.contentsOfDirectory(atPath: record).filter { $0.hasPrefix("frame") }.sorted()
        var found = Data()
        for file in files { found += try Data(contentsOf: URL(fileURLWithPath: record + "/" + file)) }
        #expect(names[0].hasSuffix("png") ? files.first == "frame-00001.png" && files.count > 1 : files == ["frames.mjpeg"], "\(files)")
        var turn = found.starts(with: pictures[0]) ? 0 : 1, count = 0
        while !found.isEmpty, found.starts(with: pictures[turn]) {
            found = Data(found.dropFirst(pictures[turn].count))
            (turn, count) = (1 - turn, count + 1)
        }
        #expect(found.isEmpty && count > 1 && count <= 11, "\(count) pictures and \(found.count) other bytes")
    }

    /// Folders that can't be used are said in one line each, tasks go on, and once the folder is there records are kept.
    @Test func aFolderThatCannotBeUsedStopsNobody() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try FileManager.default.createSymbolicLink(atPath: scratch("records"), withDestinationPath: scratch.path)
        let firmware = try Firmware(try configuration(scratch, folder: scratch("records"), rule: "on tabby cat > 0 = record 1 s"))
        let state = try awaitRecord(firmware, "lost")
        #expect(state["lost"] as? Int == 1 && state["kept"] as? Int == 0, "\(state)")
        #expect(firmware.log.contains { $0.contains("watch: no record: ") && $0.contains("is a symbolic link") }, "\(firmware.log)")
        let answers = { (rows: [[String: Any]]) in rows.first { $0["task"] as? String == "watch" }?["answers"] as? Int ?? 0 }
        let before = answers(try firmware.ask("tasks"))
        _ = try firmware.ask("tasks") { answers($0) > before }
        // Once there is a folder, the next event has its record: the rule begins anew with its task.
        try FileManager.default.removeItem(atPath: scratch("records"))
        try FileManager.default.createDirectory(atPath: scratch("records"), withIntermediateDirectories: true)
        func kept(_ rows: [[String: Any]]) -> Bool { ((rows.first?["records"] as? [String: Any])?["kept"] as? Int ?? 0) > 0 }
        var hasRecord = false
        for _ in 0..<40 where !hasRecord {
            _ = try firmware.ask("stop watch")
            usleep(500_000)
            _ = try firmware.ask("start watch")
            for _ in 0..<60 where !hasRecord {
                hasRecord = kept(try firmware.ask("status"))
                if !hasRecord { usleep(50_000) }
            }
        }
        #expect(hasRecord, "\(firmware.log)")
        #expect(firmware.end() == 0)
    }

    /// A full disk: the record is given up, counted and said, and leaves nothing.
    @Test(.enabled(if: geteuid() == 0, "only root can mount a small file system"))
    func aFullDiskLosesARecordAndNothingElse() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let folder = scratch("disk")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func call(_ program: String, _ words: [String]) throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = words
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        guard try call("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=40k", "tmpfs", folder]) == 0 else { return }
        defer { _ = try? call("/usr/bin/umount", [folder]) }
        let firmware = try Firmware(try configuration(scratch, folder: folder))
        let state = try awaitRecord(firmware, "lost")
        #expect(state["lost"] as? Int == 1 && state["kept"] as? Int == 0, "\(state)")
        #expect(firmware.log.contains { $0.contains("watch: no record: cannot write") && $0.contains("space") }, "\(firmware.log)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect(firmware.end() == 0)
    }

    @Test func recordsOfAConfigurationAreListedAndNothingOfThemSteersATerminal() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let name = "00000001-19700101T000000Z-x"
        for (record, text) in [(name, #"{"task":"a\u001b[2J","rule":"b > 0.5","time":"t","seconds":1e300,"lost":1e30,"score":null}"#),
                               ("00000002-19700101T000000Z-y", "{\"task\":"), ("00000003-19700101T000000Z-z", "")] {
            try FileManager.default.createDirectory(atPath: scratch(record), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: scratch(record) + "/record.json"))
        }
        try Data("[records]\nfolder = \(scratch.path)\n".utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        let (status, output, errors) = try Session.run(["records", "--config", scratch("c.conf")], input: "")
        let lines = output.split(separator: "\n")
        #expect(status == 0 && errors.isEmpty && lines.count == 4, "\(output)\(errors)")
        #expect(lines[0].contains(name) && !output.contains("\u{1b}"), "\(output)")
        #expect(lines[1].contains("no JSON at byte") && lines[2].contains("is empty"), "\(output)")
        let (_, json, _) = try Session.run(["records", "--config", scratch("c.conf"), "--json", "--last", "1"], input: "")
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect(object?["record"] as? String == "00000003-19700101T000000Z-z" && object?["error"] != nil, "\(json)")
        let (wrong, _, said) = try Session.run(["records", "--config", "/dev/null"], input: "")
        #expect(wrong == 2 && said.contains("no records are configured"), "\(said)")
    }
}
