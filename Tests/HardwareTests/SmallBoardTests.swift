import Foundation
import Platform
import Rig
import Testing
import VirtualBoard

/// The 32-bit board: `tools/test/all.sh` makes its files before these tests run.
private enum SmallBoard {
    static let image = RigFiles.root + "/build/rig-armv7"
    static let firmware = RigFiles.root + "/build/armv7/swiftlet"
    static let isThere = File.exists(image + "/vmlinuz") && File.exists(firmware)
    static let whatIsMissing = "no 32-bit board: `board/rig-image.sh armv7 build/rig-armv7` and `board/build.sh armv7` make it"
}

extension HardwareTests {
    /// The same firmware as a 32-bit program, the first process under Debian's kernel for such boards.
    @Suite(.enabled(if: SmallBoard.isThere, Comment(rawValue: SmallBoard.whatIsMissing)))
    struct SmallBoardTests {
        @Test func isA32BitProgram() throws {
            let header = try File.read(SmallBoard.firmware).prefix(20)
            #expect(Array(header.prefix(5)) == [0x7f, 0x45, 0x4c, 0x46, 1], "a 32-bit ELF file")
            #expect(header[18] == 40 && header[19] == 0, "for ARM")
        }

        @Test func readsASensorAndALineFromItsPrompt() throws {
            OneBoard.end()
            let board = StandardBoard(motion: StillMotion(), options: ChipOptions(seed: 5))
            var options = MachineOptions(image: try RigImage(folder: SmallBoard.image), system: RootSystem(
                firmware: SmallBoard.firmware, hasShell: false,
                files: [("etc/swiftlet.conf", board.configuration(["mpu6050"], firmware: ["watchdog = 10"]))]))
            options.buses = board.buses
            options.memoryMegabytes = 96
            options.kernelArguments = [Machine.tellsOfItsStart]
            let machine = try Machine(options)
            let console = machine.console
            let start = try machine.waitForPrompt()
            #expect(start.kernel.contains("ARMv7 Processor"), "\(start.kernel.prefix(400))")
            RigFiles.report("32-bit: console prompt \(start.text), in \(options.memoryMegabytes) MB")

            /// What the board says to a command, up to and including a word that must be in it.
            func answer(_ command: String, upTo word: String) throws -> String {
                _ = console.drain(quietSeconds: 0.2)
                try console.send(command + "\r")
                return try console.wait(for: word, seconds: 30)
            }
            // Found once the USB hub has found its bus.
            let deadline = monotonicNanoseconds() + 120_000_000_000
            var text = ""
            repeat { text = try answer("sensors mpu6050", upTo: " samples") } while !text.contains("running,")
                && monotonicNanoseconds() < deadline
            #expect(text.contains("MPU-6050") && text.contains("running,"), "\(text)")

            // A board at rest: gravity, within the chip's tolerance and the simulated errors.
            text = try answer("imu mpu6050 --seconds 1 --rate 2 --json", upTo: "}")
            let line = try #require(text.firstIndex(of: "{"), "\(text)")
            let reading = try #require(try JSONSerialization.jsonObject(with: Data(text[line...].utf8)) as? [String: Any])
            let parts = ["acc_x", "acc_y", "acc_z"].compactMap { reading[$0] as? Double }
            #expect(parts.count == 3 && abs(parts.reduce(0) { $0 + $1 * $1 }.squareRoot() - 9.81) < 1, "\(reading)")
            #expect((reading["samples"] as? Int ?? 0) > 0, "\(reading)")
            _ = try console.wait(for: "rig> ", seconds: 30)

            for level in [true, false] {
                try machine.lines.set(StandardBoard.buttonLine, level)
                text = try console.wait(for: level ? "button on (edge 1)" : "button off (edge 2)", seconds: 30)
            }
            text = try answer("gpio", upTo: "2 edges")
            #expect(text.contains("button"), "\(text)")

            text = try answer("status", upTo: "lines ")
            #expect(text.contains("processor  armv7"), "\(text)")
            for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("memory ") || line.hasPrefix("budget ") {
                RigFiles.report("32-bit: \(line.trimmingCharacters(in: .whitespaces))")
            }
            try? Data(console.transcript).write(to: URL(fileURLWithPath: RigFiles.root + "/build/rig-console-armv7.txt"))
            #expect(machine.failure == nil)

            try console.send("reboot\r")
            #expect(machine.waitForEnd(seconds: 20), "it restarts when told to")
        }
    }
}
