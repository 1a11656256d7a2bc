import Board
@testable import BoardLinux
import Platform
import Testing

private func sources(_ tree: TemporaryFolder) -> [PowerSource] {
    var paths = HardwarePaths()
    paths.powerSensors = tree.path + "/hwmon"
    paths.supplies = tree.path + "/power_supply"
    paths.energyCounters = tree.path + "/powercap"
    paths.savedFrequencies = tree.path + "/saved"
    return HardwareBoard(paths: paths).powerSources()
}

@Suite struct PowerSourceTests {
    @Test func sensorsOfTheKernelAreRead() throws {
        let tree = TemporaryFolder()
        for (name, text) in [("name", "ina226\n"), ("in0_input", "5\n"), ("in1_input", "5012\n"), ("curr1_input", "431\n"),
                             ("power1_input", "2160000\n")] { tree.write("hwmon/hwmon10/" + name, text) }
        // Two factors and no product; a label; a temperature alone; nonsense.
        for (name, text) in [("name", "ina3221\n"), ("in2_input", "3300\n"), ("curr2_input", "-200\n"), ("in2_label", "VDD_CPU\n"),
                             ("curr3_input", "7\n")] { tree.write("hwmon/hwmon2/" + name, text) }
        tree.write("hwmon/hwmon3/temp1_input", "42000\n")
        tree.write("hwmon/hwmon4/power1_input", "lots\n")
        tree.write("hwmon/hwmon4/power2_input", "99999999999999999\n")
        let found = sources(tree)
        #expect(found.map(\.name) == ["hwmon ina3221 VDD_CPU", "hwmon ina226 1"])
        #expect(found[0].watts == -0.66 && found[0].amperes == -0.2)
        #expect(found[1].watts == 2.16 && found[1].volts == 5.012 && found[1].amperes == 0.431 && found[1].kind == .sensor)
    }

    @Test func batteriesAndSuppliesAreRead() throws {
        let tree = TemporaryFolder()
        for (name, text) in [("type", "Battery\n"), ("status", "Discharging\n"), ("voltage_now", "3800000\n"), ("current_now", "-500000\n"),
                             ("charge_now", "2000000\n")] { tree.write("power_supply/BAT0/" + name, text) }
        for (name, text) in [("type", "Battery\n"), ("status", "Charging\n"), ("power_now", "4000000\n"), ("energy_now", "10000000\n")] {
            tree.write("power_supply/BAT1/" + name, text)
        }
        tree.write("power_supply/AC/type", "Mains\n")
        tree.write("power_supply/AC/online", "1\n")
        let found = sources(tree)
        #expect(found.map(\.name) == ["battery BAT0", "battery BAT1, not discharging"])
        #expect(found[0].watts == 1.9 && found[0].isConsumption && abs((found[0].remainingJoules ?? 0) - 27_360) < 0.01)
        #expect(found[1].watts == 4 && !found[1].isConsumption && found[1].remainingJoules == 36_000)
    }

    @Test func countersOfProcessorsAreReadAndTheirMemory() throws {
        let tree = TemporaryFolder()
        func zone(_ path: String, _ name: String, _ energy: String?, _ range: String = "262143328850\n") {
            tree.write("powercap/\(path)/name", name + "\n")
            if let energy { tree.write("powercap/\(path)/energy_uj", energy) }
            tree.write("powercap/\(path)/max_energy_range_uj", range)
        }
        zone("intel-rapl:0", "package-0", "1500000\n")
        zone("intel-rapl:0/intel-rapl:0:0", "core", "900000\n")
        zone("intel-rapl:0/intel-rapl:0:1", "dram", "250000\n")
        zone("intel-rapl:1", "psys", "9000000\n")
        zone("intel-rapl:2", "package-1", nil)
        let found = sources(tree)
        #expect(found.map(\.name) == ["RAPL package-0", "RAPL package-0 dram", "RAPL package-1"])
        #expect(found[0].joules == 1.5 && abs((found[0].wrapJoules ?? 0) - 262_143.328851) < 1e-6 && found[1].joules == 0.25)
        #expect(found[2].joules == nil && found[2].complaint?.hasSuffix("energy_uj holds no number") == true)
    }

    /// The kernel's counters start again from 0: a package at 65 W does it every hour.
    @Test func countersThatStartAgainLoseNothing() {
        var energy = CountedEnergy()
        for reading in [262_140.0, 262_143.0, 1.5, 4.0] { energy.take(reading, wrapJoules: 262_143.328851) }
        #expect(abs(energy.joules - 7.328851) < 1e-6, "\(energy.joules)")
        // Without a range, or beyond it, a fall is a reset: counting goes on from there.
        var unknown = CountedEnergy()
        for reading in [10.0, 12.0, 1.0, 3.0] { unknown.take(reading, wrapJoules: nil) }
        #expect(unknown.joules == 4)
        var wrong = CountedEnergy()
        for reading in [10.0, 12.0, 1.0] { wrong.take(reading, wrapJoules: 5) }
        #expect(wrong.joules == 2)
    }

    @Test func nothingThereIsNothing() { #expect(sources(TemporaryFolder()).isEmpty) }
}
