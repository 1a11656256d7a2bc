import Foundation
import Testing
import TestSupport

private let model = modelPath("efficientnet-lite0")
private let hasModel = FileManager.default.fileExists(atPath: model)
private let isBuilt = FileManager.default.isExecutableFile(atPath: productPath)

/// The firmware and a real broker: what is heard there is compared with what the firmware says of itself.
@Suite(.serialized, .enabled(if: isBuilt && Broker.isThere, "swiftlet, mosquitto or mosquitto-clients is missing"))
struct PublishingTests {
    private static let lamp = "[output lamp]\nline = indicator\n"

    private func firmware(_ text: String, _ scratch: Scratch) throws -> Firmware {
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        return try Firmware(scratch("c.conf"))
    }

    /// How it stands with its broker.
    private func status(_ firmware: Firmware, until isRight: ([String: Any]) -> Bool = { _ in true }) throws -> [String: Any] {
        let answers = try firmware.ask("status --json") { answers in
            (answers.last?["broker"] as? [String: Any]).map(isRight) ?? false
        }
        return try #require(answers.last?["broker"] as? [String: Any])
    }

    private func count(_ status: [String: Any], _ key: String) -> Int { status[key] as? Int ?? -1 }

    /// A folder of one picture, and what it is as `classify` says.
    private func picture(_ scratch: Scratch) throws -> (label: String, probability: Double) {
        try FileManager.default.createDirectory(atPath: scratch("pictures"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: repository.appendingPathComponent("Tests/golden/images/jpeg-444.jpg").path,
                                         toPath: scratch("pictures/a.jpg"))
        let (_, output, errors) = try Session.run(["classify", scratch("pictures/a.jpg"), "--model", model, "--top", "1", "--json"],
                                                  input: "")
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        let best = try #require((object?["results"] as? [[String: Any]])?.first, "\(errors)")
        return (try #require((best["label"] as? String)?.split(separator: ",").first.map(String.init)),
                try #require(best["probability"] as? Double))
    }

    @Test(.enabled(if: hasModel, "models/efficientnet-lite0.nest is not there")) func rulesTasksAndSensorsAreHeard() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let (label, probability) = try picture(scratch), broker = try Broker(scratch)
        defer { broker.stop() }
        try broker.listen()
        let firmware = try firmware("""
            [mqtt]
            broker = 127.0.0.1:\(broker.port)
            name = cellar.1
            topic = house/cellar
            home-assistant = yes
            interval = 1
            [imu main]
            bus = i2c-1
            [meter board]
            bus = i2c-2
            shunt = 0.01 ohm
            [input button]
            line = button
            active = low
            \(Self.lamp)
            [camera front]
            device = \(scratch("pictures"))
            rate = 4
            [task watch]
            input = front
            models = \(model)
            rate = 4
            deadline = 20 s
            on \(label) > \(String(format: "%.3f", probability * 0.9)) = output lamp on for 60 min

            """, scratch)
        broker.hear { messages in
            ["task/watch/event", "task/watch/state", "meter/board/power"].allSatisfy { name in
                messages.contains { $0.topic == "house/cellar/\(name)" && ($0.object["watts"] != nil || $0.object["task"] != nil) }
            } && messages.contains { $0.topic == "house/cellar/output/lamp" && $0.payload == "ON" && !$0.isRetained }
        }
        let event = try #require(broker.messages.first { $0.topic == "house/cellar/task/watch/event" }).object
        #expect(event["class"] as? String == label && event["holds"] as? Bool == true && event["rule"] as? Int == 1, "\(event)")
        #expect(abs((event["score"] as? Double ?? 0) - probability) < 0.002, "\(event)")
        #expect(abs((event["unixSeconds"] as? Double ?? 0) - Date().timeIntervalSince1970) < 600, "\(event)")
        // The same words as on the console; what was said before its model was there is older.
        let topic = "house/cellar/task/watch/state"
        broker.hear { $0.contains { $0.topic == topic && $0.object["variant"] as? String == "efficientnet-lite0" } }
        let row = try #require(try firmware.ask("tasks").first { $0["task"] as? String == "watch" })
        let state = try #require(broker.messages.last { $0.topic == topic }).object
        #expect(Set(state.keys) == Set(row.keys) && state["variant"] as? String == "efficientnet-lite0", "\(state)")
        #expect((state["misses"] as? [String: Any])?.count == 4 && state["framesPerSecond"] as? Double == 4, "\(state)")
        #expect(try broker.kept("house/cellar/availability") == "online")
        #expect(try broker.kept("house/cellar/task/watch/rule/1") == "ON")
        #expect(try broker.kept("house/cellar/output/lamp") == "ON")
        #expect(try broker.kept("house/cellar/input/button") == "OFF")
        broker.hear { $0.contains { $0.topic == "house/cellar/imu/main/state" && $0.object["state"] as? String == "running" } }
        _ = try firmware.ask("press button --hold")
        broker.hear { $0.contains { $0.topic == "house/cellar/input/button" && $0.payload == "ON" } }
        try discoveryIsRight(broker)
        // Nobody looks any more: what is kept says so. The lamp has its own time.
        _ = try firmware.ask("stop watch")
        broker.hear { $0.contains { $0.topic == "house/cellar/task/watch/rule/1" && $0.payload == "OFF" && !$0.isRetained } }
        #expect(try broker.kept("house/cellar/task/watch/rule/1") == "OFF" && broker.kept("house/cellar/output/lamp") == "ON")
        let status = try status(firmware)
        #expect(status["connected"] as? Bool == true && count(status, "sent") > 5 && count(status, "dropped") == 0, "\(status)")
        #expect(firmware.end() == 0)
        #expect(try broker.kept("house/cellar/availability") == "offline")
    }

    /// What Home Assistant is told leads to topics that are spoken on.
    private func discoveryIsRight(_ broker: Broker) throws {
        let announced = broker.messages.filter { $0.topic.hasPrefix("homeassistant/") }
        let topics = ["binary_sensor/swiftlet_cellar_1/task_watch_rule_1", "binary_sensor/swiftlet_cellar_1/input_button",
                      "binary_sensor/swiftlet_cellar_1/output_lamp", "sensor/swiftlet_cellar_1/meter_board_power"]
        #expect(Set(announced.map { $0.topic }) == Set(topics.map { "homeassistant/\($0)/config" }))
        var identifiers: Set<String> = []
        for message in announced {
            let object = message.object, device = object["device"] as? [String: Any]
            let state = try #require(object["state_topic"] as? String, "\(message)")
            #expect(broker.messages.contains { $0.topic == state }, "\(state)")
            #expect(object["availability_topic"] as? String == "house/cellar/availability" && device?["name"] as? String == "cellar.1")
            identifiers.insert(object["unique_id"] as? String ?? "")
            if message.topic.contains("/sensor/") {
                #expect(object["value_template"] as? String == "{{ value_json.watts }}" && object["unit_of_measurement"] as? String == "W")
            }
            #expect(try broker.kept(message.topic) == message.payload)
        }
        #expect(identifiers.count == topics.count)
    }

    @Test func theLastWillIsSpokenForOneThatWasKilled() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let broker = try Broker(scratch)
        defer { broker.stop() }
        try broker.listen()
        let firmware = try firmware("[mqtt]\nbroker = localhost:\(broker.port)\nname = cellar\n" + Self.lamp, scratch)
        broker.hear { $0.contains { $0.topic == "swiftlet/cellar/availability" && $0.payload == "online" } }
        kill(firmware.process.processIdentifier, SIGKILL)
        broker.hear { $0.last { $0.topic == "swiftlet/cellar/availability" }?.payload == "offline" }
        #expect(try broker.kept("swiftlet/cellar/availability") == "offline")
        #expect(broker.messages.filter { $0.topic == "swiftlet/cellar/availability" }.map { $0.payload } == ["online", "offline"])
    }

    @Test func aBrokerThatIsAwayCostsTheOldestMessagesAlone() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let broker = try Broker(scratch)
        defer { broker.stop() }
        try broker.listen()
        let firmware = try firmware("[mqtt]\nbroker = 127.0.0.1:\(broker.port)\nname = cellar\nqueue = 8\n" + Self.lamp, scratch)
        broker.hear { $0.contains { $0.topic == "swiftlet/cellar/output/lamp" && $0.payload == "OFF" } }
        broker.stop()
        let before = try status(firmware) { ($0["reason"] as? String)?.contains("refused") == true }
        #expect(before["connected"] as? Bool == false, "\(before)")
        for number in 0..<20 { _ = try firmware.ask("gpio lamp \(number % 2 == 0 ? "on" : "off")") }
        _ = try firmware.ask("gpio lamp on")
        let away = try status(firmware)
        #expect(count(away, "waiting") == 8, "\(away)")
        #expect(count(away, "dropped") == count(before, "dropped") + count(before, "waiting") + 21 - 8, "\(before) \(away)")
        let heard = broker.messages.count
        try broker.start()
        let back = try status(firmware) { $0["connected"] as? Bool == true && $0["waiting"] as? Int == 0 }
        #expect(count(back, "dropped") == count(away, "dropped") && count(back, "sent") == count(away, "sent") + 8, "\(away) \(back)")
        func own(_ messages: [Broker.Message]) -> [String] {
            messages.dropFirst(heard).filter { $0.topic == "swiftlet/cellar/output/lamp" && !$0.isRetained }.map { $0.payload }
        }
        // What waited, in its order; before it how it stands, for a listener that was back in time.
        let expected = ["OFF", "ON", "OFF", "ON", "OFF", "ON", "OFF", "ON"]
        broker.hear { Array(own($0).suffix(8)) == expected }
        #expect(Array(own(broker.messages).suffix(8)) == expected && ["", "ON"].contains(own(broker.messages).dropLast(8).joined()))
        #expect(try broker.kept("swiftlet/cellar/availability") == "online")
        #expect(firmware.log.contains { $0.contains("mqtt: 127.0.0.1:") && $0.contains("what happens waits") }, "\(firmware.log)")
        #expect(firmware.end() == 0)
    }

    @Test func aBrokerThatTalksRubbishIsLeftAndTheFirmwareGoesOn() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let socket = try ListeningSocket()
        let firmware = try firmware("[mqtt]\nbroker = 127.0.0.1:\(socket.port)\nname = cellar\n" + Self.lamp, scratch)
        let rubbish: [([UInt8], String)] = [
            (Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), "nobody asked for"),
            ([0x20, 0xFF, 0xFF, 0xFF, 0x7F], "wrong length"),
            ([0x20, 2, 0, 0, 0x30, 0xFF, 0xFF, 0xFF, 0x7F] + [UInt8](repeating: 0x41, count: 100_000), "nobody asked for"),
            ([0x20, 2, 0, 5], "may not connect"),
        ]
        defer { socket.shut() }
        for (bytes, reason) in rubbish {
            let answering = inBackground { socket.answer(bytes) }
            let status = try status(firmware) { ($0["reason"] as? String)?.contains(reason) == true }
            #expect((status["reason"] as? String)?.contains(reason) == true && status["connected"] as? Bool == false, "\(status)")
            answering.wait()
        }
        // Nobody waited for any of it.
        _ = try firmware.ask("gpio lamp on")
        #expect(try firmware.ask("gpio lamp").first?["on"] as? Bool == true)
        socket.shut()
        #expect(firmware.end() == 0)
    }

    @Test func usersAndPasswordsAreSent() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try Data("board:s3cret Ü\n".utf8).write(to: URL(fileURLWithPath: scratch("passwords")))
        let hash = Process()
        hash.executableURL = URL(fileURLWithPath: "/usr/bin/mosquitto_passwd")
        hash.arguments = ["-U", scratch("passwords")]
        try hash.run()
        hash.waitUntilExit()
        try #require(hash.terminationStatus == 0)
        let broker = try Broker(scratch, settings: "allow_anonymous false\npassword_file \(scratch("passwords"))\n")
        defer { broker.stop() }
        for (password, isRight) in [("s3cret Ü\nanother line\n", true), ("guess\n", false)] {
            try Data(password.utf8).write(to: URL(fileURLWithPath: scratch("password")))
            let firmware = try firmware("[mqtt]\nbroker = 127.0.0.1:\(broker.port)\nuser = board\npassword-file = \(scratch("password"))\n"
                                        + Self.lamp, scratch)
            let status = try status(firmware) {
                $0["connected"] as? Bool == isRight && (isRight || ($0["reason"] as? String)?.contains("refuses") == true)
            }
            #expect(status["connected"] as? Bool == isRight, "\(password) \(status)")
            #expect(firmware.end() == 0)
        }
        let (status, _, errors) = try Session.run(["run", "--simulate", "--config", scratch("c.conf")], input: "")
        #expect(status == 0, "\(errors)")
        try FileManager.default.removeItem(atPath: scratch("password"))
        let (missing, _, told) = try Session.run(["run", "--simulate", "--config", scratch("c.conf")], input: "")
        #expect(missing == 1 && told.contains(scratch("password")), "\(told)")
    }

    /// Off unless configured: not even a line of status.
    @Test func withoutTheSectionNothingIsSaid() throws {
        let (status, output, _) = try Session.run(["run", "--simulate", "--json"], input: "status --json\n")
        #expect(status == 0 && !output.contains("\"broker\"") && !output.contains("mqtt"), "\(output)")
    }
}

/// Runs the body on a thread of its own.
private func inBackground(_ body: @escaping () -> Void) -> DispatchWorkItem {
    let item = DispatchWorkItem(block: body)
    DispatchQueue.global().async(execute: item)
    return item
}
