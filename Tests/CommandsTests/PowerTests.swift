import Board
@testable import Commands
@testable import Configuration
@testable import Console
@testable import Device
import Foundation
import Platform
import TestSupport
import Testing
import VirtualBoard

private let model = modelPath("efficientnet-lite0")
private let hasModel = FileManager.default.fileExists(atPath: model)

/// A simulated board whose system tells of power what a test says.
private final class TellingBoard: Board {
    var told: [PowerSource] = []
    override func powerSources() -> [PowerSource] { told }
}

/// Power monitors in the firmware, the commands, and what counts joules. On the simulated board, in real time.
@Suite(.serialized) struct PowerTests {
    private func device(_ change: (inout DeviceConfiguration) -> Void = { _ in }) throws -> Device {
        var configuration = DeviceConfiguration()
        configuration.locksMemory = false
        configuration.realTimePriority = 0
        change(&configuration)
        let device = try Device(board: try SimulatedBoard.make(log: nil, fast: false), configuration: configuration)
        DeviceFactory.populate(device)
        return device
    }

    private func meter(_ configuration: inout DeviceConfiguration) {
        var meter = DeviceConfiguration.Meter()
        meter.bus = "i2c-2"
        meter.settings.name = "board"
        meter.settings.shuntOhms = 0.01
        configuration.meters.append(meter)
    }

    /// One line that begins like this, and the status of wrong arguments.
    private func refused(_ words: [String], _ device: Device?, _ text: String) -> Bool {
        let result = run(words, device)
        return result.status == 2 && result.said.count == 1 && result.said[0].hasPrefix("swiftlet: " + text)
    }

    @Test func theFirmwareReadsItsMonitor() throws {
        let device = try device { meter(&$0) }
        try device.start()
        defer { device.stop() }
        #expect(logs("board running: INA226 at 0x40 on /dev/i2c-2, shunt 10.00 mΩ", device))
        #expect(comes(device) { device.meters[0].reading.read().power.samples > 20 })
        let reading = device.meters[0].reading.read().power
        // 2 W and more at somewhat under 5 V.
        #expect(reading.watts > 2 && reading.watts < 9 && reading.volts[0] > 4.5 && reading.volts[0] < 5.1, "\(reading)")
        #expect(reading.joules > 0 && reading.missedNanoseconds == 0)
        let shown = run(["power", "--seconds", "1"], device)
        #expect(shown.status == 0 && shown.said.first?.hasPrefix("board: ") == true, "\(shown.said)")
        #expect(shown.said.contains("  source: INA226 at 0x40 on /dev/i2c-2, shunt 10.00 mΩ"))
        let json = run(["power", "board", "--seconds", "1", "--json"], device).said.last ?? ""
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["meter"] as? String == "board" && (object["watts"] as? Double ?? 0) > 2 && object["saturated"] as? Bool == false)
        #expect(run(["status"], device).said.contains { $0.hasPrefix("power      board: ") })
        #expect(run(["status", "--json"], device).said.first?.contains(#""meters":[{"meter":"board""#) == true)
        let battery = run(["power", "--seconds", "1", "--battery", "10Wh"], device)
        let lasts = battery.said.last ?? ""
        #expect(lasts.hasPrefix("the battery lasts ") && lasts.hasSuffix("(board)"), "\(battery.said)")
        #expect(refused(["power", "tree"], device, "no power monitor tree; `power` lists them"))
        #expect(refused(["power", "--battery", "10"], device, "--battery 10: watt-hours are expected, such as 10Wh or 3700mWh"))
        let before = device.meters[0].reading.read().power.joules
        #expect(run(["power", "--reset"], device).status == 0)
        #expect(comes(device) { device.meters[0].reading.read().joulesAtReset >= before })
        #expect(device.meters[0].reading.read().joulesSinceReset < device.meters[0].reading.read().power.joules)
    }

    @Test func faultsAreInTheLogAndTheLine() throws {
        let device = try device { meter(&$0) }
        try device.start()
        defer { device.stop() }
        #expect(comes(device) { device.meters[0].reading.read().power.samples > 3 })
        #expect(run(["fault", "nack", "0x40", "2"], device).status == 0)
        #expect(logs("board not acknowledged: 2", device))
        #expect(run(["power", "board", "--seconds", "1"], device).said.last?.contains("not acknowledged 2") == false)
        #expect(run(["power", "board", "--seconds", "1"], device).said.first?.contains("not acknowledged 2") == true)
        #expect(run(["fault", "nack", "0x40", "forever"], device).status == 0)
        #expect(logs("board recovering", device))
        #expect(run(["fault", "clear"], device).status == 0)
        let samples = device.meters[0].reading.read().power.samples
        #expect(comes(device) { device.meters[0].reading.read().power.samples > samples + 3 })
    }

    @Test func aMonitorThatIsNotThereIsLookedFor() throws {
        let device = try device { configuration in
            meter(&configuration)
            configuration.meters[0].bus = "i2c-1"
        }
        try device.start()
        defer { device.stop() }
        #expect(logs("board not found: no power monitor that there is a driver for answers on /dev/i2c-1", device))
        #expect(run(["power", "--seconds", "1"], device).said.first == "board: not found")
    }

    @Test func whereNothingMeasuresThereIsNoAnswer() throws {
        let device = try device()
        try device.start()
        defer { device.stop() }
        #expect(refused(["power"], device, EnergySource.nothing))
        guard hasModel else { return }
        #expect(refused(["bench", model, "--energy", "--runs", "1"], device, EnergySource.nothing))
        #expect(run(["bench", model, "--energy", "--power-model", "/nowhere"], device).status == 1)
    }

    @Test(.enabled(if: hasModel, "models/efficientnet-lite0.nest is not there"))
    func joulesOfARunAreMeasuredOrEstimated() throws {
        let scratch = Scratch(), device = try device { meter(&$0) }
        defer { scratch.remove() }
        try device.start()
        defer { device.stop() }
        #expect(comes(device) { device.meters[0].reading.read().power.samples > 3 })
        func energy(_ words: [String]) throws -> [String: Any] {
            let line = run(["bench", model, "--runs", "2", "--json", "--energy"] + words, device).said.last ?? ""
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try #require(object?["energy"] as? [String: Any], "\(line)")
        }
        let measured = try energy([])
        let watts = measured["watts"] as? Double ?? 0, runs = Double(measured["runs"] as? Int ?? 1)
        let seconds = measured["seconds"] as? Double ?? 0, joules = measured["joulesPerRun"] as? Double ?? 0
        #expect(watts > 2 && watts < 9 && abs(joules * runs - watts * seconds) < 0.01 * watts * seconds, "\(measured)")
        #expect((measured["source"] as? String)?.hasPrefix("INA226") == true && measured["error"] == nil)
        try Data("""
            [power-model]
            name = this one
            source = nobody
            static = 2
            capacitance = 1
            voltages = 1000:1
            byte = 100
            error = 50
            """.utf8).write(to: URL(fileURLWithPath: scratch("model.conf")))
        let estimated = try energy(["--power-model", scratch("model.conf")])
        #expect(estimated["source"] as? String == "estimate by the model this one, ±50 %" && estimated["error"] as? Double == 0.5)
        #expect((estimated["watts"] as? Double ?? 0) > 2)
    }

    /// A counter that starts again while it is looked at, a sensor's trapezoids, and who is believed first.
    @Test func whatTheSystemTellsIsAddedUp() throws {
        let board = TellingBoard(), system = SystemPower(board)
        var counter = PowerSource(.counter, "RAPL package-0"), hidden = PowerSource(.counter, "RAPL package-1")
        hidden.complaint = "may not be read"
        counter.wrapJoules = 100
        for joules in [98.0, 99, 2, 5] {
            counter.joules = joules
            board.told = [counter, hidden]
            system.look()
            usleep(2000)
        }
        #expect(system.rows[0].joules == 7 && (system.rows[0].watts ?? 0) > 0 && system.rows[1].watts == nil)
        #expect(system.best.map(\.source.name) == ["RAPL package-0"])
        var sensor = PowerSource(.sensor, "hwmon ina226 1"), battery = PowerSource(.supply, "battery BAT0")
        sensor.watts = 3
        battery.watts = 4
        board.told = [counter, sensor, battery]
        system.look()
        let start = monotonicNanoseconds()
        usleep(50_000)
        system.look()
        let seconds = Double(monotonicNanoseconds() - start) * 1e-9
        let row = try #require(system.rows.first { $0.source.name == sensor.name })
        #expect(row.joules > 0.14 && row.joules < 3 * (seconds + 0.02), "\(row.joules) J in \(seconds) s")
        #expect(system.best.map(\.source.name) == ["hwmon ina226 1"])
        // Gone: it is said, and not counted on.
        board.told = [battery]
        system.look()
        #expect(system.best.map(\.source.name) == ["battery BAT0"])
        #expect(system.rows.first { $0.source.name == sensor.name }?.source.complaint == "gone")
    }

    @Test(.enabled(if: hasModel, "models/efficientnet-lite0.nest is not there"))
    func memoriesAreCompared() throws {
        func energy(_ words: [String]) throws -> [String: Any] {
            let result = run(["energy", model, "--json"] + words, nil)
            let object = try JSONSerialization.jsonObject(with: Data((result.said.last ?? "").utf8)) as? [String: Any]
            return try #require(object, "\(result.said)")
        }
        let low = try energy(["--memory", "lpddr4"]), chip = try energy(["--memory", "mram"])
        let weights = low["weightBytes"] as? Double ?? 0, activations = low["activationBytes"] as? Double ?? 0
        let info = run(["info", model, "--json"], nil).said.last ?? ""
        let nest = try #require(try JSONSerialization.jsonObject(with: Data(info.utf8)) as? [String: Any])
        // Every weight is read once a run; chunks have some padding.
        let stored = nest["weightBytes"] as? Double ?? 0
        #expect(weights > 0.9 * stored && weights <= stored, "\(weights) of \(stored)")
        #expect(abs((low["joules"] as? Double ?? 0) - (weights + activations) * 64e-12) < 1e-8)
        #expect(abs((chip["joules"] as? Double ?? 0) - (weights + activations) * 20e-12) < 1e-8)
        #expect(abs((low["onChipJoules"] as? Double ?? 0) - (weights * 20e-12 + activations * 64e-12)) < 1e-8)
        #expect(chip["standbyWatts"] as? Double == 0 && (low["standbyWatts"] as? Double ?? 0) > 0.006)
        // All of it within a cache: nothing moves.
        let cached = try energy(["--cache", "1G"])
        #expect(cached["joules"] as? Double == 0 && cached["weightBytes"] as? Int == 0)
        let layers = try #require(try energy(["--per-layer"])["layers"] as? [[String: Any]])
        #expect(abs(layers.reduce(0) { $0 + ($1["weightBytes"] as? Double ?? 0) } - weights) < 0.5)
        #expect(refused(["energy", model, "--memory", "core"], nil, "--memory core: ddr3, lpddr4, lpddr5, stacked or mram is expected"))
        let battery = run(["energy", model, "--rate", "30", "--battery", "10Wh", "--board-watts", "2"], nil).said
        #expect(battery.contains { $0.contains("battery   4 h ") }, "\(battery)")
    }
}
