import Foundation
import Testing
import TestSupport

private let model = modelPath("efficientnet-lite0")
private let isThere = FileManager.default.fileExists(atPath: model)
private let isBuilt = FileManager.default.isExecutableFile(atPath: productPath)

/// A model of a motion sensor's windows at work: no published model is needed.
@Suite(.serialized, .enabled(if: isBuilt && FileManager.default.isExecutableFile(atPath: compilerPath), "swiftlet or nestc is not there"))
struct MotionTaskTests {
    private func configuration(_ nest: String, input: String = "mpu9250", rate: String = "5") -> String {
        """
        [imu mpu9250]
        bus = i2c-1
        [output lamp]
        line = indicator
        [task activity]
        input = \(input)
        models = \(nest)
        rate = \(rate)
        deadline = 30 s
        on moving > 0.6 = output lamp on for 60 min, log

        """
    }

    /// The simulated board lies still, is turned, lies still: both are told, and the rule switches the lamp.
    @Test func turningAndLyingStillAreTold() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let nest = try #require(try compiledMotionModel(scratch))
        try Data(configuration(nest).utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        let firmware = try Firmware(scratch("c.conf"))
        var labels: Set<String> = []
        let rows = try firmware.ask("tasks") { rows in
            if let label = rows.first?["label"] as? String { labels.insert(label) }
            return labels.isSuperset(of: ["still", "moving"])
        }
        #expect(labels.isSuperset(of: ["still", "moving"]) && rows.first?["state"] as? String == "running", "\(rows)")
        // The rule's threshold is above what makes "moving" the likelier of two.
        let lamp = try firmware.ask("gpio lamp") { $0.first?["on"] as? Bool == true }
        #expect(lamp.first?["on"] as? Bool == true && firmware.log.contains { $0.contains("activity: moving > ") }, "\(firmware.log)")
        try theRuleEndsWithItsTask(firmware)
        #expect(firmware.end() == 0)
    }

    /// A rule that holds is over when its task is stopped, and holds anew once it is started again. It may have ended by itself just
    /// before.
    private func theRuleEndsWithItsTask(_ firmware: Firmware) throws {
        func begun() -> Int { firmware.log.filter { $0.contains("activity: moving > ") && !$0.contains("is over") }.count }
        func stopped() -> Bool { firmware.log.contains { $0.contains("is over: the task was stopped") } }
        for _ in 0..<20 where !stopped() {
            _ = try firmware.ask("start activity")
            _ = try firmware.ask("tasks") { $0.first?["holds"] as? Bool == true }
            _ = try firmware.ask("stop activity")
            _ = try firmware.ask("tasks") { _ in firmware.log.filter { $0.contains("is over") }.count == begun() }
        }
        #expect(stopped(), "\(firmware.log)")
        let before = begun()
        _ = try firmware.ask("start activity")
        _ = try firmware.ask("tasks") { _ in begun() > before }
        #expect(begun() > before, "\(firmware.log)")
    }

    @Test func wrongInputsAreRefused() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let nest = try #require(try compiledMotionModel(scratch))
        let camera = "[camera front]\ndevice = simulated\nframes = 320x240:yuyv\nrate = 30\n"
        for (text, word) in [(configuration(nest, input: "nobody"), "[camera] or an [imu]"), (camera + configuration(nest, input: "front"),
                                                                                             "input = the name of an [imu]")] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
            let (status, _, errors) = try Session.run(["run", "--simulate", "--config", scratch("c.conf")], input: "")
            #expect(status != 0 && errors.contains(word) && errors.split(separator: "\n").count == 1, "\(status): \(errors)")
        }
    }
}

/// Tasks of a configuration at work.
@Suite(.serialized, .enabled(if: isThere && isBuilt, "swiftlet or models/efficientnet-lite0.nest is not there"))
struct TaskCommandTests {
    /// A folder of a picture, a torn one and the first again, and what the picture is, as `classify` says.
    private func pictures(_ scratch: Scratch) throws -> (label: String, probability: Double) {
        let folder = scratch("pictures"), picture = repository.appendingPathComponent("Tests/golden/images/jpeg-444.jpg")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let bytes = try Data(contentsOf: picture)
        try bytes.write(to: URL(fileURLWithPath: folder + "/a.jpg"))
        try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: folder + "/b.jpg"))
        // Three, so that a task that takes every eighth frame doesn't meet the torn one for ever.
        try bytes.write(to: URL(fileURLWithPath: folder + "/c.jpg"))
        let (status, output, errors) = try Session.run(["classify", folder + "/a.jpg", "--model", model, "--top", "1", "--json"], input: "")
        try #require(status == 0, "\(errors)")
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        let best = try #require((object?["results"] as? [[String: Any]])?.first)
        let label = try #require((best["label"] as? String)?.split(separator: ",").first.map(String.init))
        return (label, try #require(best["probability"] as? Double))
    }

    private func write(_ text: String, _ scratch: Scratch) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        return scratch("c.conf")
    }

    /// The firmware chooses the frequency itself, gives it back when it is told to, and takes it again.
    @Test func frequenciesFollowTheDeadlines() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let firmware = try Firmware(try write("""
            [firmware]
            governor = deadlines
            [camera front]
            device = simulated
            frames = 320x240:yuyv
            rate = 4
            [task watch]
            input = front
            models = \(model)
            rate = 2
            deadline = 30 s

            """, scratch))
        let rows = try firmware.ask("tasks") { $0.contains { $0["task"] as? String == "watch" && $0["answers"] as? Int ?? 0 > 2 } }
        let row = try #require(rows.first { $0["kilohertz"] != nil }, "\(rows)")
        // The simulated board's second cluster is the faster one.
        #expect(row["governor"] as? String == "deadlines" && row["way"] as? String == "userspace", "\(row)")
        #expect(row["highestKilohertz"] as? Int == 2_400_000, "\(row)")
        // Half a minute for a picture: the lowest will do, between models that nobody asked for now.
        let idle = try firmware.ask("tasks") { $0.contains { $0["kilohertz"] as? Int == 600_000 } }
        #expect(idle.contains { $0["kilohertz"] as? Int == 600_000 }, "\(idle)")
        let policies = try firmware.ask("governor")
        #expect(policies.count == 2 && policies.allSatisfy { $0["chosenBy"] as? String == "deadlines" }, "\(policies)")
        _ = try firmware.ask("governor schedutil")
        let kernel = try firmware.ask("governor")
        #expect(kernel.count == 2 && kernel.allSatisfy { $0["governor"] as? String == "schedutil" && $0["chosenBy"] == nil }, "\(kernel)")
        #expect(try firmware.ask("tasks").allSatisfy { $0["kilohertz"] == nil })
        #expect(try firmware.ask("governor deadlines").allSatisfy { $0["chosenBy"] as? String == "deadlines" })
        #expect(try firmware.ask("governor deadlines --policy policy0").first?["error"] != nil)
        let later = try firmware.ask("tasks") { $0.contains { $0["kilohertz"] != nil } }
        #expect(later.contains { $0["kilohertz"] != nil }, "\(later)")
        _ = firmware.end()
        #expect(firmware.said.contains("policy0 is back at schedutil"), "\(firmware.said)")
    }

    @Test func picturesAreAnsweredAndRulesFollowed() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let (label, probability) = try pictures(scratch)
        let firmware = try Firmware(try write("""
            [output lamp]
            line = indicator
            [camera front]
            device = \(scratch("pictures"))
            rate = 4
            [task watch]
            input = front
            models = \(model)
            rate = 4
            deadline = 20 s
            on \(label) > \(String(format: "%.3f", probability * 0.9)) = output lamp on for 60 min, log, start second
            [task second]
            input = front
            models = \(model)
            rate = 0.5
            deadline = 30 s
            when = started

            """, scratch))
        let rows = try firmware.ask("tasks") { rows in
            rows.contains { $0["task"] as? String == "second" && $0["answers"] as? Int ?? 0 > 1 }
                && rows.contains { $0["task"] as? String == "watch" && $0["damaged"] as? Int ?? 0 > 1 }
        }
        let watch = try #require(rows.first { $0["task"] as? String == "watch" }), camera = try #require(rows.first { $0["camera"] != nil })
        #expect((watch["label"] as? String)?.hasPrefix(label) == true, "\(rows)")
        #expect(abs((watch["score"] as? Double ?? 0) - probability) < 0.002, "\(rows)")
        #expect(watch["state"] as? String == "running" && watch["damaged"] as? Int ?? 0 > 0, "\(rows)")
        #expect(camera["state"] as? String == "running" && camera["frames"] as? Int ?? 0 > 1, "\(rows)")
        let lamp = try firmware.ask("gpio lamp")
        #expect(lamp.first?["on"] as? Bool == true, "\(lamp)")
        // Stopped it answers nothing more, and may be started again.
        #expect(try firmware.ask("stop second").first?["text"] as? String == "task second is stopped")
        _ = try firmware.ask("stop watch")
        #expect(try firmware.ask("tasks").filter { $0["state"] as? String == "stopped" }.count == 2)
        #expect(try firmware.ask("start nobody").first?["error"] != nil)
        #expect(firmware.log.contains { $0.contains("watch: \(label) > ") }, "\(firmware.log)")
        #expect(firmware.log.contains { $0.contains("task second is started by watch") }, "\(firmware.log)")
        #expect(firmware.end() == 1)
    }

    @Test func modelsAndLabelsAreLookedForBeforeAnythingStarts() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let head = "[camera front]\ndevice = simulated\n[task watch]\ninput = front\n"
        for (lines, complaint) in [("models = no-such-model\n", "c.conf:3: [task watch]: no model no-such-model"),
                                   ("models = \(modelPath("smollm2-135m"))\n", "c.conf:3: [task watch]: smollm2-135m is a model to"),
                                   ("models = \(model)\non unicorn > 0.5 = log\n", "c.conf:6: efficientnet-lite0 has no label unicorn")] {
            guard !lines.contains("smollm2") || FileManager.default.fileExists(atPath: modelPath("smollm2-135m")) else { continue }
            let configuration = try write(head + lines, scratch)
            let (status, output, errors) = try Session.run(["run", "--simulate", "--config", configuration], input: "status\n")
            #expect(status != 0 && errors.contains(complaint) && !output.contains("status"), "\(errors)")
        }
    }

    @Test func whatCannotFitIsRefusedWithItsFigures() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let firmware = try Firmware(try write("""
            [camera front]
            device = simulated
            rate = 1000
            [task watch]
            input = front
            models = \(model)
            rate = 1000
            deadline = 1 ms

            """, scratch))
        let rows = try firmware.ask("tasks")
        #expect(rows.contains { $0["task"] as? String == "watch" && $0["state"] as? String == "failed" }, "\(rows)")
        #expect(firmware.log.contains { $0.contains("do not fit") && $0.contains("together") }, "\(firmware.log)")
        #expect(try firmware.ask("start watch").first?["error"] != nil)
        #expect(firmware.end() == 1)
    }

    @Test func theyAreCommandsOfTheConsole() throws {
        for words in [["tasks"], ["start", "watch"], ["stop", "watch"]] {
            let (status, _, errors) = try Session.run(words, input: "")
            #expect(status == 2 && errors.contains("swiftlet run"), "\(errors)")
        }
        let (status, output, _) = try Session.run(["run", "--simulate"], input: "tasks\n")
        #expect(status == 1 && output.contains("no task is configured"), "\(output)")
    }
}
