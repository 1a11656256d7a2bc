import Board
@testable import Configuration
import Foundation
import Platform
import Testing

@Suite struct ConfigurationTests {
    @Test func textsMayBeginWithAByteOrderMark() throws {
        #expect(try parse("\u{FEFF}[imu]\nrate = 100\n").sensors[0].settings.rateHertz == 100)
        #expect(complaint("\u{FEFF}[imu]\nrate = fast\n").hasPrefix("f:2: "))
        #expect(complaint("\u{FEFF}\u{FEFF}[imu]\n").hasPrefix("f:"))
        #expect(try parse("[console]\nports = a,b,c,d,e,f,g,h\n").ports?.count == 8)
    }

    @Test func everyKeyIsTaken() throws {
        let configuration = try parse("""
            # the whole language
            [firmware]
            name = bird-1
            log = debug
            models = /m
            memory = 64M
            real-time-priority = 0
            lock-memory = no
            watchdog = 20
            governor = schedutil
            heat-limit = 75.5
            state = /var/lib/swiftlet ; where calibrations are
            [console]
            ports = ttyS0:115200n8, /dev/ttyAMA0, -
            [imu front]
            bus = i2c-3
            chip = icm42688
            address = 0x69
            rate = 1000
            bandwidth = 200
            acceleration-range = 16
            angular-range = 2000
            samples-per-burst = 8
            mounting = -y,x,z
            magnetometer = none
            data-ready = gpiochip0/4
            data-ready-active = low
            recovery-clock = gpiochip0/3
            recovery-data = gpiochip0/2
            calibration = /c
            [imu]
            [input door]
            line = gpiochip0/22
            bias = pull-up
            edges = falling
            active = low
            debounce = 2.5
            [output indicator]
            line = LED
            active = low
            initial = on
            [microphone]
            device = Device,0
            rate = 48000
            button = door
            """)
        #expect(configuration.name == "bird-1" && configuration.logLevel == .debug && configuration.memoryBudgetBytes == 64_000_000
                && configuration.realTimePriority == 0 && !configuration.locksMemory && configuration.watchdogSeconds == 20)
        #expect(configuration.governor == "schedutil" && configuration.heatLimitCelsius == 75.5
                && configuration.stateFolder == "/var/lib/swiftlet" && configuration.modelFolder == "/m")
        #expect(configuration.ports?.map { $0.path } == ["/dev/ttyS0", "/dev/ttyAMA0", "-"] && configuration.ports?[0].baud == 115_200)
        #expect(configuration.sensors.count == 2 && configuration.sensors[1].name == "imu" && configuration.sensors[1].settings.chip == nil)
        let front = configuration.sensors[0]
        #expect(front.name == "front" && front.bus == "i2c-3" && front.settings.chip == .icm42688 && front.settings.address == 0x69)
        #expect(front.settings.rateHertz == 1000 && front.settings.bandwidthHertz == 200 && front.settings.accelerationRangeG == 16)
        #expect(front.settings.angularRangeDegreesPerSecond == 2000 && front.settings.samplesPerBurst == 8
                && front.settings.magnetometer == .none)
        #expect(front.settings.mounting.rows.0 == SIMD3(0, -1, 0) && front.settings.isInterruptActiveLow)
        #expect(front.dataReadyLine == "gpiochip0/4" && front.recoveryClock == "gpiochip0/3")
        #expect(front.recoveryData == "gpiochip0/2" && front.calibration == "/c")
        let door = try #require(configuration.inputs.first?.request)
        #expect(door.line == "gpiochip0/22" && door.bias == .pullUp && door.edges == .falling && door.debounceMicroseconds == 2500)
        #expect(door.isActiveLow && configuration.outputs.first?.initial == true && configuration.outputs[0].request.isActiveLow)
        #expect(configuration.microphone?.request.device == "Device,0" && configuration.microphone?.request.rateHertz == 48_000
                && configuration.microphone?.button == "door")
        // None goes untested: power monitors and models are below, cameras, tasks, records and brokers in files of their own.
        #expect(ConfigurationKey.all.count == 10 + 1 + 15 + 5 + 3 + 3 + 5 + 7 + 6 + 7 + 4 + 9)
    }

    @Test func aWakeWordTakesTheButtonsPlace() throws {
        #expect(try parse("[microphone]\nwake-word = alexa\n").microphone?.wakeWord == "alexa")
    }

    @Test func emptyIsTheDefault() throws {
        for text in ["", "\n\n", "# nothing\n; at all", "[firmware]\n", "\u{FEFF}[firmware]\r\nname = x\r\n"]
            where !text.hasPrefix("\u{FEFF}") {
            #expect(try parse(text).sensors.isEmpty)
        }
    }

    @Test func errorsNameTheirLine() {
        let wrong: [(String, String, String)] = [
            ("[firmware]\nlog = loud\n", "f:2: ", "error, warning, info or debug"),
            ("\n\n[firmware]\nnam = x\n", "f:4: ", "unknown key nam"),
            ("[engine]\n", "f:1: ", "unknown section"),
            ("name = x\n", "f:1: ", "before the first [SECTION]"),
            ("[firmware]\nname\n", "f:2: ", "KEY = VALUE"),
            ("[firmware]\nname = a\nname = b\n", "f:3: ", "twice"),
            ("[firmware]\nname = a b\n", "f:2: ", "without spaces"),
            ("[firmware]\n  name = a\n", "f:2: ", "begins with a space"),
            ("[firmware]\nwatchdog = -1\n", "f:2: ", "0 (none) to 600"),
            ("[firmware]\nwatchdog = 99999999999999999999\n", "f:2: ", "0 (none) to 600"),
            ("[firmware\nname = x\n", "f:1: ", "without its ]"),
            ("[imu a]\n[imu a]\n", "f:2: ", "already, in line 1"),
            ("[imu a b]\n", "f:1: ", "[imu NAME]"),
            ("[firmware x]\n", "f:1: ", "[firmware]"),
            ("[imu]\nrate = fast\n", "f:2: ", "1 to 8000"),
            ("[imu]\nrate = nan\n", "f:2: ", "1 to 8000"),
            ("[imu]\naddress = 0x80\n", "f:2: ", "I2C address"),
            ("[imu]\nmounting = x,x,z\n", "f:2: ", "axis"),
            ("[imu]\nchip = bmi160\n", "f:2: ", "mpu6050"),
            ("[input]\nline = x\n", "f:1: ", "[input NAME]"),
            ("[imu]\n[input door]\nactive = low\n", "f:2: ", "has no line"),
            ("[firmware]\n[microphone]\nbutton = talk\n", "f:2: ", "no [input talk]"),
            ("[microphone]\nbutton = talk\nwake-word = alexa\n", "f:1: ", "one of button and wake-word"),
            ("[microphone]\nwake-word =\n", "f:2: ", "wake word"),
            ("[input door]\nline = x\ndebounce = -3\n", "f:3: ", "milliseconds"),
            ("[console]\nports = ttyS0,,ttyS1:x\n", "f:2: ", "terminals"),
            ("[console]\nports = a,b,c,d,e,f,g,h,i\n", "f:2: ", "8 at most"),
            ("[firmware]\nname = " + String(repeating: "x", count: 200) + "\n", "f:2: ", "more than 190 bytes"),
            ("[firmware]\n\u{0}\u{1}\u{2}\n", "f:2: ", "text file"),
        ]
        for (text, place, expected) in wrong {
            let said = complaint(text)
            #expect(said.hasPrefix(place) && said.contains(expected) && !said.contains("\n"), "\(text.debugDescription): \(said)")
        }
    }

    @Test func mutationsNeverCrash() {
        let text = Array("[firmware]\nname = a\nlog = info\n[imu x]\nbus = i2c-1\nrate = 200\n[input d]\nline = l\ndebounce = 5\n".utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            var copy = text
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let at = Int.random(in: 0..<copy.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: copy[at] = UInt8.random(in: 0...255, using: &generator)
                case 1: copy.remove(at: at)
                default: copy.insert(contentsOf: text[Int.random(in: 0..<text.count, using: &generator)...].prefix(20), at: at)
                }
            }
            if let configuration = try? ConfigurationFile.parse(copy, name: "f") { #expect(configuration.sensors.count <= 8) }
        }
    }

    /// What the installer puts on a board is a configuration, also with every line of it that is switched off switched on.
    @Test func theDeliveredFileIsValidWithAllItsExamples() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let text = try String(contentsOf: root.appendingPathComponent("deploy/swiftlet.conf"), encoding: .utf8)
        #expect(try parse(text).sensors.count == 1)
        var switched = 0
        let whole = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> Substring in
            // An example begins right after its mark, a remark after a space.
            guard line.hasPrefix("#"), let first = line.dropFirst().first, first != " " else { return line }
            switched += 1
            return line.dropFirst()
        }
        #expect(switched > 20)
        let configuration = try parse(whole.joined(separator: "\n"))
        #expect(!configuration.inputs.isEmpty)
    }
}

@Suite struct MeterConfigurationTests {
    @Test func everyKeyIsTaken() throws {
        let configuration = try parse("""
            [meter board]
            bus = i2c-1
            chip = ina226
            address = 0x45
            shunt = 0.002 ohm
            rate = 50
            [meter rails]
            bus = i2c-1
            chip = ina3221
            address = 0x41
            shunt = 100 mohm
            channels = 3, 1
            [power-model]
            name = Raspberry Pi 4
            source = somebody, 2021
            static = 2.7
            capacitance = 0.83
            voltages = 600:0.8, 1500:0.9
            byte = 64
            error = 30
            """)
        let board = configuration.meters[0], rails = configuration.meters[1]
        #expect(board.name == "board" && board.bus == "i2c-1" && board.settings.chip == .ina226 && board.settings.address == 0x45)
        #expect(board.settings.shuntOhms == 0.002 && board.settings.rateHertz == 50 && board.settings.channelMask == 1)
        #expect(rails.settings.chip == .ina3221 && abs(rails.settings.shuntOhms - 0.1) < 1e-6 && rails.settings.channelMask == 0b101)
        let model = try #require(configuration.powerModel)
        #expect(model.name == "Raspberry Pi 4" && model.source == "somebody, 2021" && abs(model.error - 0.3) < 1e-6)
        // P = static + C V² f a core at work, and a byte's price.
        #expect(abs(model.volts(atMegahertz: 1050) - 0.85) < 1e-6 && model.volts(atMegahertz: 300) == 0.8)
        #expect(model.volts(atMegahertz: 9000) == 0.9)
        #expect(abs(model.coreWatts(atMegahertz: 1500) - 0.83e-9 * 0.81 * 1.5e9) < 1e-4)
        let joules = model.joules(seconds: 2, coreSeconds: 6, megahertz: 1500, bytes: 1e9)
        #expect(abs(joules - (5.4 + 6 * 1.00845 + 0.064)) < 1e-3, "\(joules)")
    }

    @Test func whatIsWrongIsToldWithItsLineAndWhatIsExpected() {
        for (text, expected) in [
            ("[meter]\nshunt = 1 ohm", "f:1: [meter NAME] is expected"),
            ("[meter a]\nbus = i2c-1", "f:1: [meter a] has no shunt; shunt = 0.01 ohm or the like is expected"),
            ("[meter a]\nshunt = 0.01",
             "f:2: shunt = 0.01: the resistor with its unit, from 0.1 mohm to 10 ohm, such as 0.01 ohm or 10 mohm is expected"),
            ("[meter a]\nshunt = 0 ohm", "f:2: shunt = 0 ohm: the resistor"), ("[meter a]\nshunt = nan ohm", "f:2: shunt = nan ohm: the"),
            ("[meter a]\nshunt = -1 ohm", "f:2: shunt = -1 ohm: the"), ("[meter a]\nshunt = 1e9 ohm", "f:2: shunt = 1e9 ohm: the"),
            ("[meter a]\nshunt = 1 ohm\nchip = ina999", "f:3: chip = ina999: auto, ina219, ina226, ina3221 or pac1934 is expected"),
            ("[meter a]\nshunt = 1 ohm\nchip = ina219", "f:1: [meter a]: the INA219 can't tell who it is; address = 0x40"),
            ("[meter a]\nshunt = 1 ohm\nchip = ina226\nchannels = 2",
             "f:1: [meter a]: the INA226 has no such channel; 1 to 1 are expected"),
            ("[meter a]\nshunt = 1 ohm\nchip = pac1934\naddress = 0x40", "f:1: [meter a]: no PAC1934 has this address"),
            ("[meter a]\nshunt = 1 ohm\nchannels = 1,1", "f:3: channels = 1,1: numbers from 1 to 4"),
            ("[meter a]\nshunt = 1 ohm\nchannels = 5", "f:3: channels = 5: numbers"),
            ("[meter a]\nshunt = 1 ohm\nrate = 0", "f:3: rate = 0: "),
            ("[meter a]\nshunt = 1 ohm\n[meter b]\nshunt = 1 ohm",
             "f:3: [meter b] may be the chip of [meter a]; another bus or address"),
            ("[power-model]\nname = x", "f:1: [power-model] has no source; source = PUBLICATION is expected"),
            ("[power-model]\nvoltages = 1500:0.9, 600:0.8", "f:2: voltages = 1500:0.9, 600:0.8: megahertz and volts in rising order"),
            ("[power-model]\nerror = 130", "f:2: error = 130: percent"),
        ] {
            #expect(complaint(text).hasPrefix(expected), "\(text) -> \(complaint(text))")
        }
    }
}
