import Platform
import Rig
import Testing
import VirtualBoard

extension HardwareTests {
    /// The rig seen by the kernel alone, before any firmware: what is simulated must be real to Linux.
    @Suite struct KernelTests {
        /// One boot for all of them.
        private final class Board {
            let machine: Machine
            let shell: GuestShell
            let chip = MPUChip.mpu6050(motion: StillMotion(), options: ChipOptions(seed: 7))
            /// What the power monitors on the second bus measure.
            static let load = SteadyLoad(volts: 5.02, amperes: 1.234)
            private var hasModules = false

            init() throws {
                var options = MachineOptions(image: try RigImage(folder: RigFiles.image), system: RootSystem(firmware: nil, hasShell: true))
                let meters = [
                    PlacedChip(INAChip.ina226(Self.load, shuntOhms: 0.01), address: 0x40),
                    PlacedChip(INAChip.ina219(Self.load, shuntOhms: 0.01), address: 0x41),
                ]
                options.buses = [[PlacedChip(chip, address: 0x68, line: 0)], meters]
                machine = try Machine(options)
                shell = try GuestShell(machine)
                RigFiles.report("kernel and shell up \(milliseconds(monotonicNanoseconds() - machine.startNanoseconds, decimals: 0)) after "
                                + "QEMU's start")
                // The USB hub finds the adapters in its own time.
                let found = try shell.run("i=0; while [ ! -e /dev/i2c-1 ] && [ $i -lt 200 ]; do usleep 50000; i=$((i+1)); done; ls "
                                          + "/dev/i2c-0 /dev/i2c-1")
                #expect(found.status == 0, "\(found.text)")
            }

            /// The kernel's drivers that aren't loaded at its start.
            func loadModules() throws {
                guard !hasModules else { return }
                hasModules = true
                for module in try RigImage(folder: RigFiles.image).spareModules {
                    #expect(try shell.run("insmod /lib/modules/\(module)").status == 0, "\(module)")
                }
            }

            func number(_ path: String) throws -> Double {
                let text = try shell.run("cat \(path)").text
                return try #require(Double(text.split(separator: "\n").last ?? ""), "\(path): \(text)")
            }
        }

        private let board: Board

        init() throws { board = try OneBoard.named("kernel") { try Board() } }

        /// Nobody who wrote the model wrote this driver.
        @Test func linuxsOwnDriverReadsTheModel() throws {
            let shell = board.shell
            try board.loadModules()
            #expect(try shell.run("echo mpu6050 0x68 > /sys/bus/i2c/devices/i2c-0/new_device").status == 0)
            defer { _ = try? shell.run("echo 0x68 > /sys/bus/i2c/devices/i2c-0/delete_device") }
            let folder = "/sys/bus/iio/devices/iio:device0/"
            #expect(try shell.run("cat \(folder)name").text.contains("mpu6050"))
            let accelerationScale = try board.number(folder + "in_accel_scale"), rateScale = try board.number(folder + "in_anglvel_scale")
            let wanted: [(name: String, value: Double, tolerance: Double, scale: Double)] = [
                ("in_accel_x_raw", 0, 0.3, accelerationScale), ("in_accel_y_raw", 0, 0.3, accelerationScale),
                ("in_accel_z_raw", standardGravity, 0.3, accelerationScale),
                ("in_anglvel_x_raw", 0, 0.35, rateScale), ("in_anglvel_y_raw", 0, 0.35, rateScale),
                    ("in_anglvel_z_raw", 0, 0.35, rateScale),
            ]
            for each in wanted {
                let value = try board.number(folder + each.name) * each.scale
                #expect(abs(value - each.value) < each.tolerance, "\(each.name): \(value)")
            }
            let celsius = try (board.number(folder + "in_temp_raw") + board.number(folder + "in_temp_offset"))
                * board.number(folder + "in_temp_scale") / 1000
            #expect(abs(celsius - 31) < 2, "\(celsius) °C")
        }

        /// Linux's own driver, with its calibration and its registers of current and power, on the simulated power monitors.
        @Test(arguments: [("ina226", 0x40), ("ina219", 0x41)])
        func linuxsOwnDriverMeasuresTheLoad(_ chip: String, _ address: Int) throws {
            let shell = board.shell, place = "0x" + String(address, radix: 16)
            try board.loadModules()
            #expect(try shell.run("echo \(chip) \(place) > /sys/bus/i2c/devices/i2c-1/new_device").status == 0)
            defer { _ = try? shell.run("echo \(place) > /sys/bus/i2c/devices/i2c-1/delete_device") }
            let folder = "/sys/bus/i2c/devices/1-00\(String(address, radix: 16))/iio:device*/"
            #expect(try shell.run("cat \(folder)name").text.contains(chip))
            // A first conversion of its configuration.
            _ = try shell.run("usleep 200000")
            // Millivolts of shunt and rail, milliwatts, milliamperes.
            for (name, value) in [("in_voltage0", 12.34), ("in_voltage1", 5020), ("in_power2", 1234 * 5.02), ("in_current3", 1234)] {
                let measured = try board.number(folder + name + "_raw") * board.number(folder + name + "_scale")
                #expect(abs(measured - value) < 0.01 * value, "\(chip) \(name): \(measured)")
            }
        }

        @Test func missingAcknowledgementIsAnErrorAndPasses() throws {
            let read = "i2ctransfer -y 0 w1@0x68 0x75 r1"
            #expect(try board.shell.run(read).text.contains("0x68"))
            #expect(try board.shell.run("i2ctransfer -y 0 w1@0x69 0x75 r1").status != 0)
            try board.machine.inject(.notAcknowledged(address: 0x68, count: 1))
            #expect(try board.shell.run(read).status != 0)
            #expect(try board.shell.run(read).text.contains("0x68"))
        }

        @Test func heldBusDelaysItsTransfersAndNoOthers() throws {
            try board.machine.inject(.held(seconds: 0.5, line: .data))
            let start = monotonicNanoseconds()
            let others = try board.shell.run("i2ctransfer -y 1 w1@0x68 0x75 r1")
            #expect(others.status != 0, "nothing is there, and that is known at once")
            let between = monotonicNanoseconds()
            #expect(try board.shell.run("i2ctransfer -y 0 w1@0x68 0x75 r1").text.contains("0x68"))
            #expect(monotonicNanoseconds() - start >= 500_000_000)
            RigFiles.report("bus held for 500 ms: the other bus answered after \(milliseconds(between - start, decimals: 0)), the held one "
                            + "after \(milliseconds(monotonicNanoseconds() - start, decimals: 0))")
        }

        @Test func busHeldForGoodTimesOutAndComesBack() throws {
            try board.machine.inject(.held(seconds: nil, line: .clock))
            #expect(try board.shell.run("i2ctransfer -y 0 w1@0x68 0x75 r1").status != 0)
            try board.machine.inject(.clear)
            #expect(try board.shell.run("i2ctransfer -y 0 w1@0x68 0x75 r1").text.contains("0x68"))
        }

        @Test func governorsGovern() throws {
            let folder = "/sys/devices/system/cpu/cpu0/cpufreq"
            let governors = try board.shell.run("cat \(folder)/scaling_available_governors").text
            for name in ["performance", "powersave", "userspace", "ondemand", "conservative", "schedutil"] {
                #expect(governors.contains(name))
            }
            for (governor, kilohertz) in [("powersave", 600_000.0), ("performance", 1_200_000.0)] {
                #expect(try board.shell.run("echo \(governor) > \(folder)/scaling_governor").status == 0)
                #expect(try board.number("\(folder)/scaling_cur_freq") == kilohertz)
            }
            // And the kernel's account of it, in hundredths of a second.
            func hundredths(at kilohertz: Int) throws -> Int {
                let lines = try board.shell.run("cat \(folder)/stats/time_in_state").text.split(whereSeparator: \.isNewline)
                let line = try #require(lines.first { $0.hasPrefix("\(kilohertz) ") }, "\(lines)")
                return try #require(line.split(separator: " ").last.flatMap { Int($0) })
            }
            let slow = try hundredths(at: 600_000), fast = try hundredths(at: 1_200_000)
            _ = try board.shell.run("usleep 300000")
            #expect(try hundredths(at: 600_000) == slow)
            #expect(try hundredths(at: 1_200_000) >= fast + 25)
        }

        @Test func interruptPinReachesTheGPIOController() throws {
            // Data-ready interrupts on, at 10 Hz: the line's edges are there to be served.
            #expect(try board.shell.run("i2ctransfer -y 0 w2@0x68 0x6b 0x00 && i2ctransfer -y 0 w2@0x68 0x1a 0x03 && i2ctransfer -y 0 "
                                        + "w2@0x68 0x19 99 && i2ctransfer -y 0 w2@0x68 0x38 0x01").status == 0)
            let before = board.chip.pin.changes
            #expect(try board.shell.run("sleep 1").status == 0)
            let edges = board.machine.withChips { _, _ in board.chip.pin.changes } - before
            #expect(edges >= 10, "\(edges) edges in a second")
            _ = try board.shell.run("i2ctransfer -y 0 w2@0x68 0x6b 0x80")
        }

        /// Ends the board: the next test gets another.
        @Test func watchdogResetsABoardThatDoesNotFeedIt() throws {
            defer { OneBoard.end() }
            #expect(try board.shell.run("watchdog -T 2 -t 1 /dev/watchdog0; sleep 3; echo alive").text.contains("alive"))
            #expect(!board.machine.waitForEnd(seconds: 0))
            try board.machine.console.send("kill -STOP $(pidof watchdog)\n")
            let start = monotonicNanoseconds()
            #expect(board.machine.waitForWatchdog(seconds: 30))
            #expect(board.machine.waitForEnd(seconds: 5))
            RigFiles.report("watchdog of 2 s bit \(milliseconds(monotonicNanoseconds() - start, decimals: 0)) after the last feeding")
        }
    }
}
