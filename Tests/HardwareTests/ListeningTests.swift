import Foundation
@testable import Hearing
import Platform
import Rig
import TestSupport
import Testing
import VirtualBoard

private let model = modelPath("whisper-base")
private let clip = evaluationData("speech").map { $0 + "/BAC009S0150W0193.wav" }
private let canHear = File.exists(model) && clip.map { File.exists($0) } == true

extension HardwareTests {
    /// Speech through the kernel's real PCM interface, on an emulated processor that takes many seconds for one, while a motion
    /// sensor is read at 200 Hz. The hang guards are minutes, since nobody knows how busy this machine is.
    @Suite(.enabled(if: canHear, "models/whisper-base.nest or the evaluation data's speech is not there"))
    struct ListeningTests {
        /// Which of the data's sentences whisper-base hears right as unsigned bytes too, wherever in it a window begins: of 24 shifts
        /// all. Others come out with one or another word, by chance.
        private static let said = "那么直接发放现金会是最有效的方式"
        private static let rate = 8000
        private static let guardSeconds = 480.0
        /// The chip's FIFO keeps a third of a second. A machine that stopped for longer than a part of it made the losses itself.
        private static let longestStallNanoseconds: Int64 = 50_000_000

        private final class Board {
            let machine: Machine
            let shell: GuestShell

            init() throws {
                let chips = StandardBoard(motion: StillMotion(), options: ChipOptions(seed: 5))
                let image = try RigImage(folder: RigFiles.image)
                let configuration = chips.configuration(["mpu6050"], firmware: ["lock-memory = no"])
                    + Array("[microphone]\ndevice = Loopback,1\n".utf8)
                var options = MachineOptions(image: image, system: RootSystem(
                    firmware: RigFiles.firmware, hasShell: true,
                    files: [("etc/listen.conf", configuration), ("whisper-base.nest", try File.read(model)),
                            ("clip", try ListeningTests.played(try #require(clip))),
                            ("silence", [UInt8](repeating: 0x80, count: 2 * ListeningTests.rate))]))
                options.buses = chips.buses
                // The first file system lies there too, packed and unpacked while it starts.
                options.memoryMegabytes = 512
                machine = try Machine(options)
                shell = try GuestShell(machine, seconds: 240)
                try LoopbackCard.load(shell, image)
            }
        }

        /// A clip as the kernel's older interface takes it from a shell: unsigned bytes, 8000 a second, as loud as they can be.
        private static func played(_ path: String) throws -> [UInt8] {
            let reader = try AudioReader(try FileStream(path: path, isCancelled: { false }), takesRaw: false)
            let resampler = PolyphaseResampler(from: AudioReader.rate, to: rate)
            var block = [Float](repeating: 0, count: 1600), output = [Float](repeating: 0, count: 1000), samples: [Float] = []
            while true {
                let count = try block.withUnsafeMutableBufferPointer { (block) throws(Failure) in try reader.read(into: block) }
                if count == 0 { break }
                let made = block.withUnsafeBufferPointer { block in
                    output.withUnsafeMutableBufferPointer {
                        resampler.push(UnsafeBufferPointer(rebasing: block[..<count]), into: $0.baseAddress!)
                    }
                }
                samples += output[..<made]
            }
            let loudest = samples.reduce(0) { max($0, abs($1)) }
            return samples.map { UInt8(max(0, min(255, 128 + ($0 / loudest * 115).rounded()))) }
        }

        /// Levenshtein's distance.
        private static func edits(_ a: [Character], _ b: [Character]) -> Int {
            var row = Array(0...b.count)
            for i in a.indices {
                var corner = row[0]
                row[0] = i + 1
                for j in b.indices {
                    let next = min(row[j + 1] + 1, row[j] + 1, corner + (a[i] == b[j] ? 0 : 1))
                    (corner, row[j + 1]) = (row[j + 1], next)
                }
            }
            return row[b.count]
        }

        private let board: Board

        init() throws { board = try OneBoard.named("listening") { try Board() } }

        @Test func whatIsSaidIsWrittenDownWhileASensorLosesNothing() throws {
            let run = try FirmwareRun(board.shell, board.machine, configuration: "/etc/listen.conf")
            defer { _ = try? run.end(seconds: 120) }
            _ = try run.console.waitForLog("microphone running: Loopback", seconds: 120)
            let before = try run.waitForSamples("mpu6050", more: 200, seconds: 120)
            let start = monotonicNanoseconds()
            // Said once, with a silence before it in which the command gets ready; a machine that is slow hears the second one.
            _ = try board.shell.run("(cat /silence /silence /clip /silence; sleep 60; cat /silence /clip /silence) > /dev/dsp & true")
            let (answers, stall) = try StallMeter.measure {
                try run.console.run("listen --model /whisper-base.nest --language zh --utterances 1 --json", seconds: Self.guardSeconds)
            }
            let utterance = try #require(answers.first { $0["text"] != nil }, "\(answers)")
            let text = try #require(utterance["text"] as? String)
            let errors = Self.edits(Array(text), Array(Self.said))
            #expect(errors * 5 <= Self.said.count, "\(errors) characters of \(Self.said) are wrong: \(utterance)")
            // So slow a processor can't keep the silence that comes while it hears: what is lost is said, and only told here.
            let summary = try #require(answers.last?["summary"] as? [String: Any])
            let after = try run.waitForSamples("mpu6050", more: 1, seconds: 120), seconds = Double(monotonicNanoseconds() - start) / 1e9
            let hasLost = after.fault("lostSamples") != before.fault("lostSamples")
            #expect(!hasLost || stall > Self.longestStallNanoseconds, "\(after)")
            if hasLost { RigFiles.report("samples lost while this machine stood still for up to \(milliseconds(stall, decimals: 0))") }
            #expect(after.number("samples") > before.number("samples"))
            RigFiles.report("a sentence of 4.5 s heard, \(errors) of its characters wrong, by whisper-base on the emulated Cortex-A53: "
                            + "\(fixed(seconds, decimals: 0)) s from "
                            + "the first silence to the answer, \(summary["lost"] ?? "?") samples lost meanwhile; "
                            + "\(utterance["milliseconds"] ?? "?"); firmware resident "
                                + "\(try run.memoryKilobytes()) kB, peak \(try run.memoryKilobytes("VmHWM")) kB, of it anonymous "
                                + "\(try run.memoryKilobytes("RssAnon")) kB")
        }
    }
}
