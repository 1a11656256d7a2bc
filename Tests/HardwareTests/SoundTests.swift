import Foundation
import Platform
import Rig
import Testing

extension HardwareTests {
    /// The microphone through the kernel's real PCM interface: a card whose playback comes back as its capture, played by the
    /// kernel's own emulation of the older interface, which takes bytes from a shell.
    @Suite struct SoundTests {
        private final class Board {
            let machine: Machine
            let shell: GuestShell
            /// A second of 8-bit samples without a pattern, as /dev/dsp takes them: 8000 a second, one channel, unsigned.
            let clip: [UInt8]

            init() throws {
                var state: UInt32 = 1
                clip = (0..<8000).map { _ in
                    state = state &* 1_664_525 &+ 1_013_904_223
                    return UInt8(state >> 24)
                }
                let configuration = "[firmware]\nname = rig\nlock-memory = no\n[microphone]\ndevice = Loopback,1\n"
                let image = try RigImage(folder: RigFiles.image)
                let options = MachineOptions(image: image, system: RootSystem(
                    firmware: RigFiles.firmware, hasShell: true,
                    files: [("clip", clip), ("etc/sound.conf", Array(configuration.utf8))]))
                machine = try Machine(options)
                shell = try GuestShell(machine)
                try LoopbackCard.load(shell, image)
            }
        }

        private let board: Board

        init() throws { board = try OneBoard.named("sound") { try Board() } }

        @Test func cardsAreListed() throws {
            let (text, status) = try board.shell.run("swiftlet microphone --list")
            #expect(status == 0 && text.contains("Loopback,0 ") && text.contains("Loopback,1 "), "\(text)")
            let missing = try board.shell.run("swiftlet microphone --device Kinect --seconds 1")
            #expect(missing.status == 1, "\(missing.text)")
            #expect(missing.text.contains("no microphone Kinect; there are Loopback,0, Loopback,1"), "\(missing.text)")
        }

        @Test func whatIsPlayedIsRecorded() throws {
            // Whoever captures has to take what is played: the rate that is asked for isn't to be had.
            let record = "swiftlet microphone --device Loopback,1 --seconds 3 --wav /tmp/heard.wav --json"
            let play = "(for i in 1 2 3 4 5 6 7 8; do cat /clip; done > /dev/dsp) & usleep 500000"
            var heard: [UInt8] = []
            for attempt in 1...5 {
                let (text, status) = try board.shell.run("\(play); \(record); wait", seconds: 60)
                #expect(status == 0 && text.contains("\"rateHertz\":8000"), "\(text)")
                let dump = try board.shell.run("od -An -v -tx1 /tmp/heard.wav", seconds: 60).text
                heard = dump.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
                RigFiles.report("recorded \(heard.count) bytes of what the kernel played, attempt \(attempt): \(text)")
                if text.contains("\"overruns\":0,"), Data(heard).range(of: Data(expected)) != nil { break }
            }
            #expect(heard.count == 44 + 2 * 24_000)
            #expect(Data(heard).range(of: Data(expected)) != nil, "the clip, sample for sample")
        }

        /// The clip in 16 bits.
        private var expected: [UInt8] { board.clip.flatMap { [0, $0 ^ 0x80] } }

        @Test func theCardGoesAndComesBack() throws {
            let run = try FirmwareRun(board.shell, board.machine, configuration: "/etc/sound.conf")
            _ = try run.console.waitForLog("microphone running: Loopback", seconds: 60)
            let status = try #require(try run.console.run("status", seconds: 60).first)
            #expect((status["microphone"] as? [String: Any])?["state"] != nil, "\(status)")
            let driver = "/sys/bus/platform/drivers/snd_aloop"
            #expect(try board.shell.run("echo snd_aloop.0 > \(driver)/unbind", seconds: 60).status == 0)
            _ = try run.console.waitForLog("microphone not found", seconds: 60)
            #expect(try board.shell.run("echo snd_aloop.0 > \(driver)/bind", seconds: 60).status == 0)
            _ = try run.console.waitForLog("microphone running: Loopback", seconds: 60)
            try expectEnd(run)
        }

        @Test func overrunsAreCountedAndSurvived() throws {
            let run = try FirmwareRun(board.shell, board.machine, configuration: "/etc/sound.conf")
            _ = try run.console.waitForLog("microphone running: Loopback", seconds: 60)
            // A firmware that stands still for longer than the second that the kernel keeps.
            _ = try board.shell.run("kill -STOP \(run.processIdentifier); sleep 3; kill -CONT \(run.processIdentifier)", seconds: 60)
            _ = try run.console.waitForLog("microphone lost samples", seconds: 60)
            let before = try samples(run)
            let deadline = monotonicNanoseconds() + 60_000_000_000
            while try samples(run) <= before, monotonicNanoseconds() < deadline {}
            #expect(try samples(run) > before)
            try expectEnd(run)
        }

        /// It ends by itself, with the status of a console that got a line which it doesn't know: the marks between answers are
        /// such lines.
        private func expectEnd(_ run: FirmwareRun) throws {
            let ending = try run.end(), complaint = try board.shell.run("cat /tmp/firmware.errors").text
            #expect(ending == 1 && !complaint.contains("swiftlet"), "ended with \(ending): \(complaint)")
        }

        private func samples(_ run: FirmwareRun) throws -> Int {
            let status = try run.console.run("status", seconds: 60).first
            return ((status?["microphone"] as? [String: Any])?["samples"] as? NSNumber)?.intValue ?? 0
        }
    }
}
