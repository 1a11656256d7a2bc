import Foundation
import Platform
import Rig
import Testing
import VirtualBoard

extension HardwareTests {
    /// The board's binary as the system's first process, in the least memory that a board has.
    @Suite struct FirmwareBootTests {
        @Test func bootsToAPromptWithin96Megabytes() throws {
            OneBoard.end()
            let board = StandardBoard(motion: StillMotion(), options: ChipOptions(seed: 3))
            var options = MachineOptions(image: try RigImage(folder: RigFiles.image), system: RootSystem(
                firmware: RigFiles.firmware, hasShell: false, files: [("etc/swiftlet.conf", board.configuration(["mpu9250"]))]))
            options.buses = board.buses
            options.memoryMegabytes = 96
            options.kernelArguments = [Machine.tellsOfItsStart]
            let machine = try Machine(options)
            let console = machine.console
            RigFiles.report("console prompt \(try machine.waitForPrompt().text), in 96 MB")

            // Commands as a person types them; the sensor is found once the USB hub has found its bus.
            /// What the board says to a command, up to and including a word that must be in it.
            func answer(_ command: String, upTo word: String) throws -> String {
                _ = console.drain(quietSeconds: 0.2)
                try console.send(command + "\r")
                return try console.wait(for: word, seconds: 60)
            }
            let deadline = monotonicNanoseconds() + 120_000_000_000
            var text = ""
            repeat { text = try answer("sensors mpu9250", upTo: " samples") } while !text.contains("running,")
                && monotonicNanoseconds() < deadline
            #expect(text.contains("MPU-9250"), "\(text)")
            #expect(text.contains("running,"), "\(text)")
            for (command, word) in [("status", "processor "), ("imu --seconds 2 --rate 2 --json", "acc_x"), ("gpio", "button "),
                                    ("governor", "governors ")] {
                text = try answer(command, upTo: word)
                // The prompt comes back.
                text += try console.wait(for: "rig> ", seconds: 60)
                #expect(!text.contains("unknown command"), "\(text)")
            }
            try? Data(console.transcript).write(to: URL(fileURLWithPath: RigFiles.root + "/build/rig-console.txt"))
            #expect(machine.failure == nil)
        }
    }

    /// What the firmware changes and is given: governor, memory, watchdog.
    @Suite struct SystemTests {
        private let bench: RigBench
        private let governor = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"

        init() throws { bench = try OneBoard.named("system") { try Bench.make(memoryMegabytes: 96) } }

        private func currentGovernor() throws -> String {
            try bench.shell.run("cat \(governor)").text.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
        }

        private func waitForGovernor(_ name: String) throws -> Bool {
            let deadline = monotonicNanoseconds() + 120_000_000_000
            while try currentGovernor() != name {
                guard monotonicNanoseconds() < deadline else { return false }
            }
            return true
        }

        @Test(arguments: ["TERM", "INT", "HUP"]) func governorIsPutBackAfterASignal(signal: String) throws {
            _ = try bench.shell.run("echo schedutil > \(governor)")
            let run = try bench.start("governor")
            #expect(try waitForGovernor("powersave"))
            _ = try run.end(signal: signal)
            #expect(try currentGovernor() == "schedutil")
        }

        /// Killed, it can't put anything back: the service's stop action does.
        @Test func governorIsPutBackAfterACrash() throws {
            _ = try bench.shell.run("echo ondemand > \(governor)")
            let run = try bench.start("governor")
            #expect(try waitForGovernor("powersave"))
            #expect(try run.end(signal: "KILL") == 128 + 9)
            #expect(try currentGovernor() == "powersave")
            let restored = try bench.shell.run("swiftlet governor restore")
            #expect(restored.status == 0, "\(restored.text)")
            #expect(try currentGovernor() == "ondemand")
        }

        @Test func runsUnderAMemoryLimit() throws {
            let limit = 8 << 20, group = "/sys/fs/cgroup/firmware"
            #expect(try bench.shell.run("echo +memory > /sys/fs/cgroup/cgroup.subtree_control; mkdir \(group) && echo \(limit) > "
                                        + "\(group)/memory.max").status == 0)
            let run = try bench.start("mpu6050", group: group)
            defer { _ = try? run.end() }
            _ = try run.waitForSamples("mpu6050", more: 600, seconds: 20)
            #expect(try bench.shell.run("cat \(group)/cgroup.procs").text.contains("\(run.processIdentifier)"))
            #expect(try bench.shell.run("grep oom_kill \(group)/memory.events").text.contains("oom_kill 0"))
            let peak = try bench.shell.run("cat \(group)/memory.peak || cat \(group)/memory.current").text
            RigFiles.report("under a limit of 8 MB: resident \(try run.memoryKilobytes()) kB (peak \(try run.memoryKilobytes("VmHWM")) kB, "
                            + "of it anonymous \(try run.memoryKilobytes("RssAnon")) kB); control group "
                                + "\(peak.split(whereSeparator: \.isWhitespace).last ?? "?") B")
        }

        /// Ends its board: the next test gets another.
        @Test func watchdogResetsTheBoardWhenTheFirmwareHangs() throws {
            defer { OneBoard.end() }
            let run = try bench.start("watchdog")
            _ = try run.waitForSamples("mpu6050", more: 1000, seconds: 30)
            #expect(!bench.machine.waitForEnd(seconds: 0), "fed, it must not bite")
            try bench.machine.console.send("kill -STOP \(run.processIdentifier)\n")
            let start = monotonicNanoseconds()
            #expect(bench.machine.waitForWatchdog(seconds: 30))
            #expect(bench.machine.waitForEnd(seconds: 5))
            RigFiles.report("watchdog of 3 s reset the board \(milliseconds(monotonicNanoseconds() - start, decimals: 0)) after the "
                            + "firmware hung")
        }
    }
}
