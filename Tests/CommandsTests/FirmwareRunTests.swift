import Foundation
import Testing
import TestSupport

private let isBuilt = FileManager.default.isExecutableFile(atPath: productPath)

/// The product as its users start it.
@Suite(.serialized, .enabled(if: isBuilt, "swiftlet is not built beside the tests")) struct FirmwareRunTests {
    private func objects(_ text: String) -> [[String: Any]] {
        text.split(separator: "\n").compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    }

    /// Console lines after which both sensors have run: recordings end when they are full, not after a time.
    private func untilSensorsRun(_ scratch: Scratch) -> String {
        "imu record \(scratch("first.imu")) main --limit 4000 --seconds 600\nimu record \(scratch("second.imu")) second --limit 4000 "
            + "--seconds 600\n"
    }

    @Test func aTourOfTheSimulatedBoard() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let script = untilSensorsRun(scratch) + """
            imu --seconds 1 --rate 5
            pose --seconds 1
            status
            sensors
            gpio
            gpio indicator on
            governor
            governor performance
            budget
            log
            help gpio
            """
        let (status, output, errors) = try Session.run(["run", "--simulate"], input: script)
        #expect(status == 0 && errors.isEmpty, "\(output)\(errors)")
        for expected in ["> status", "MPU-9250 at 0x68", "LSM6DSO", "running", "roll", "frequency  policy0", "indicator    on",
                         "performance", "resident", "usage: swiftlet gpio"] {
            #expect(output.contains(expected), "\(expected): \(output)")
        }
        #expect(output.contains("policy0 is back at schedutil"), "\(output)")
    }

    @Test func machinesReadIt() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let (status, output, _) = try Session.run(["run", "--simulate", "--json"],
            input: untilSensorsRun(scratch) + "imu --seconds 1 --rate 4\nstatus\nsensors\npose --seconds 1\nfly\n")
        #expect(status == 1)
        let lines = output.split(separator: "\n")
        let parsed = objects(output)
        #expect(parsed.count == lines.count, "\(output)")
        let gravity = parsed.compactMap { $0["acc_z"] as? Double }
        #expect(!gravity.isEmpty)
        let whole = try #require(parsed.first { $0["upSeconds"] != nil })
        #expect((whole["sensors"] as? [Any])?.count == 2 && (whole["frequencies"] as? [Any])?.count == 2)
        #expect(parsed.contains { ($0["error"] as? String)?.contains("unknown command fly") == true })
        #expect(parsed.contains { $0["q_w"] != nil })
    }

    @Test func recordingsFeedPose() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let (status, output, _) = try Session.run(["run", "--simulate"],
            input: "imu record \(scratch("a.imu")) --limit 20000 --seconds 600\nimu record \(scratch("a.imu"))\n")
        // The second is refused: the file is there.
        #expect(status == 1 && output.contains("File exists"), "\(output)")
        let (again, csv, _) = try Session.run(["pose", scratch("a.imu")], input: "")
        #expect(again == 0)
        let rows = csv.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasPrefix("time_s") }
        #expect(rows.count > 200, "\(csv.prefix(500))")
        let whole = try Data(contentsOf: URL(fileURLWithPath: scratch("a.imu")))
        try whole.dropLast(7).write(to: URL(fileURLWithPath: scratch("b.imu")))
        let (cut, _, told) = try Session.run(["pose", scratch("b.imu"), "--every", "0"], input: "")
        #expect(cut == 0 && told.contains("incomplete block"))
    }

    @Test func faultsAreSurvivedAndCounted() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        // A chip that was reset gives no samples until somebody noticed.
        let script = untilSensorsRun(scratch)
            + "fault reset 0x68\nimu record \(scratch("third.imu")) main --limit 20000 --seconds 600\nsensors main\n"
        let (_, output, _) = try Session.run(["run", "--simulate"], input: script)
        #expect(output.contains("chip resets"), "\(output)")
        let last = try #require(output.components(separatedBy: "> sensors main").last)
        #expect(last.contains("running"), "\(output)")
    }

    @Test func everySignalPutsBack() throws {
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            let process = Process(), input = Pipe(), output = Pipe()
            process.executableURL = URL(fileURLWithPath: productPath)
            process.arguments = ["run", "--simulate"]
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            input.fileHandleForWriting.write(Data("governor powersave\ngpio indicator on\nlog debug\n".utf8))
            var said = ""
            while !said.contains("> log debug") {
                let piece = output.fileHandleForReading.availableData
                if piece.isEmpty { break }
                said += String(decoding: piece, as: UTF8.self)
            }
            kill(process.processIdentifier, signal)
            said += String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationReason == .exit && process.terminationStatus == 0, "\(signal): \(said)")
            #expect(said.contains("policy0 is back at schedutil") && said.contains("policy4 is back at schedutil"), "\(signal): \(said)")
            #expect(said.contains("indicator is released"), "\(signal): \(said)")
        }
    }

    /// Nobody could say a word to it, nor end it.
    @Test(arguments: ["< /dev/null", "<&-", ">&-"]) func withoutAConsoleItSaysSoAndEnds(redirection: String) throws {
        let process = Process(), wrong = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "exec \"$0\" run --simulate \(redirection)", productPath]
        process.standardInput = Pipe()
        process.standardOutput = Pipe()
        process.standardError = wrong
        try process.run()
        let errors = String(decoding: wrong.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1 && errors.split(separator: "\n").count == 1 && errors.contains("console"), "\(errors)")
    }

    @Test func wrongConfigurationsStartNothing() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try Data("[imu]\nrate = fast\n".utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        let (status, output, errors) = try Session.run(["run", "--simulate", "--config", scratch("c.conf")], input: "status\n")
        #expect(status == 1 && output.isEmpty
                && errors == "swiftlet: \(scratch("c.conf")):2: rate = fast: samples a second, from 1 to 8000 is expected\n", "\(errors)")
        #expect(try Session.run(["run", "log.csv"], input: "").status == 2)
        #expect(try Session.run(["run", "--fast"], input: "").status == 2)
    }
}
