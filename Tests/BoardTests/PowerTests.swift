import Board
@testable import BoardLinux
import CLinux
import Foundation
import Platform
import Testing

/// cpufreq as the kernel shows it: one policy with a table and all governors, one without a table.
private func cpufreq() -> TemporaryFolder {
    let tree = TemporaryFolder()
    let files = [
        ("related_cpus", "0 1 2 3\n"), ("scaling_available_governors", "conservative ondemand userspace powersave performance \n"),
        ("scaling_available_frequencies", "1500000 600000 1000000 \n"), ("scaling_governor", "ondemand\n"),
            ("scaling_cur_freq", "1000000\n"),
        ("scaling_setspeed", "<unsupported>\n"), ("stats/time_in_state", "1500000 12\n600000 3456\n1000000 0\n"),
    ]
    for (name, text) in files { tree.write("cpufreq/policy0/" + name, text) }
    for (name, text) in [("related_cpus", "4\n"), ("scaling_available_governors", "userspace schedutil\n"),
                         ("scaling_governor", "userspace\n"),
                         ("scaling_cur_freq", "1800000\n"), ("scaling_setspeed", "1800000\n")] {
        tree.write("cpufreq/policy4/" + name, text)
    }
    return tree
}

private func board(_ tree: TemporaryFolder) -> HardwareBoard {
    var paths = HardwarePaths()
    paths.frequencies = tree.path + "/cpufreq"
    paths.savedFrequencies = tree.path + "/run/cpufreq.saved"
    paths.thermalZones = tree.path + "/thermal"
    paths.memoryPressure = tree.path + "/memory"
    paths.model = tree.path + "/model"
    paths.watchdog = tree.path + "/watchdog"
    paths.devices = tree.path + "/dev"
    return HardwareBoard(paths: paths)
}

@Suite struct PowerFrequencyTests {
    @Test func policiesAreRead() throws {
        let tree = cpufreq()
        let board = board(tree), policies = board.frequencyPolicies()
        defer { withExtendedLifetime(board) {} }
        #expect(policies.map(\.name) == ["policy0", "policy4"])
        #expect(policies[0].processors == [0, 1, 2, 3])
        #expect(policies[0].governors == ["conservative", "ondemand", "userspace", "powersave", "performance"])
        #expect(policies[0].frequenciesKilohertz == [600_000, 1_000_000, 1_500_000])
        #expect(policies[1].frequenciesKilohertz.isEmpty)
        #expect(try policies[0].governor() == "ondemand")
        #expect(try policies[0].currentKilohertz() == 1_000_000)
        let times = policies[0].timeInState()
        #expect(times.map(\.kilohertz) == [600_000, 1_000_000, 1_500_000])
        #expect(times.map(\.milliseconds) == [34560, 0, 120])
        #expect(policies[1].timeInState().isEmpty)
    }

    @Test func changesArePutBack() throws {
        let tree = cpufreq()
        let board = board(tree), policies = board.frequencyPolicies()
        defer { withExtendedLifetime(board) {} }
        #expect(tree.read("run/cpufreq.saved") == nil)
        try policies[0].setGovernor("userspace")
        try policies[0].setSpeed(kilohertz: 600_000)
        #expect(tree.read("cpufreq/policy0/scaling_governor") == "userspace")
        #expect(tree.read("cpufreq/policy0/scaling_setspeed") == "600000")
        #expect(tree.read("run/cpufreq.saved") == "swiftlet-cpufreq 1 \(getpid())\npolicy0 ondemand")
        try policies[1].setSpeed(kilohertz: 900_000)
        #expect(tree.read("run/cpufreq.saved") == "swiftlet-cpufreq 1 \(getpid())\npolicy0 ondemand\npolicy4 userspace 1800000")
        policies[0].restore()
        #expect(tree.read("cpufreq/policy0/scaling_governor") == "ondemand")
        #expect(tree.read("run/cpufreq.saved") == "swiftlet-cpufreq 1 \(getpid())\npolicy4 userspace 1800000")
        policies[1].restore()
        #expect(tree.read("cpufreq/policy4/scaling_setspeed") == "1800000")
        #expect(tree.read("run/cpufreq.saved") == nil)
        // What others set afterwards is theirs.
        tree.write("cpufreq/policy0/scaling_governor", "performance\n")
        policies[0].restore()
        #expect(tree.read("cpufreq/policy0/scaling_governor") == "performance")
    }

    @Test func aFrequencyIsHeldThroughUserspace() throws {
        let tree = cpufreq()
        let board = board(tree), policies = board.frequencyPolicies()
        defer { withExtendedLifetime(board) {} }
        let hold = try policies[0].takeOver()
        #expect(hold.way == "userspace" && tree.read("cpufreq/policy0/scaling_governor") == "userspace")
        // A plain file keeps what the kernel's would not: only what is written at its beginning counts.
        #expect(hold.hold(1) && tree.read("cpufreq/policy0/scaling_setspeed")?.hasPrefix("1000000\n") == true)
        #expect(hold.hold(0) && tree.read("cpufreq/policy0/scaling_setspeed")?.hasPrefix("600000\n") == true)
        policies[0].restore()
        #expect(tree.read("cpufreq/policy0/scaling_governor") == "ondemand")
        #expect(failure { _ = try policies[1].takeOver() } == "policy4 has no table of frequencies")
    }

    /// A kernel without userspace: the bounds of its own governor's choice, which are put back whoever asks.
    @Test(arguments: ["restore", "governor", "kill"]) func aFrequencyIsHeldBetweenBounds(ending: String) throws {
        let tree = cpufreq(), folder = "cpufreq/policy0/", saved = tree.path + "/run/cpufreq.saved"
        tree.write(folder + "scaling_available_governors", "schedutil performance\n")
        tree.write(folder + "scaling_governor", "schedutil\n")
        tree.write(folder + "scaling_min_freq", "600000\n")
        tree.write(folder + "scaling_max_freq", "1500000\n")
        func bounds() -> [String?] {
            ["min", "max"].map { tree.read(folder + "scaling_\($0)_freq")?.split(separator: "\n").first.map(String.init) }
        }
        let board = board(tree), policy = board.frequencyPolicies()[0]
        defer { withExtendedLifetime(board) {} }
        let hold = try policy.takeOver()
        #expect(hold.way == "bounds" && tree.read(folder + "scaling_governor") == "schedutil")
        for (index, text) in [(2, "1500000"), (0, "600000"), (1, "1000000")] { #expect(hold.hold(index) && bounds() == [text, text]) }
        #expect(tree.read("run/cpufreq.saved") == "swiftlet-cpufreq 1 \(getpid())\npolicy0 schedutil 600000-1500000")
        switch ending {
        case "restore": policy.restore()
        case "governor":
            try policy.setGovernor("performance")
            #expect(tree.read(folder + "scaling_governor") == "performance")
        default:
            #expect(try FrequencyRestore.restoreFromFile(saved, root: tree.path + "/cpufreq") == ["policy0: schedutil"])
        }
        #expect(bounds() == ["600000", "1500000"])
        if ending != "governor" { #expect(tree.read(folder + "scaling_governor") == "schedutil") }
    }

    @Test func theProcessorsZonesAreItsThermometer() throws {
        let tree = TemporaryFolder(), board = board(tree)
        #expect(board.openThermometer() == nil)
        let zones = [("0", "battery", "91000\n"), ("1", "cpu-thermal", "51234\n"), ("2", "cpu1-thermal", "-1500\n"),
                     ("3", "soc-thermal", "hot\n")]
        for (number, type, temperature) in zones {
            tree.write("thermal/thermal_zone\(number)/type", type + "\n")
            tree.write("thermal/thermal_zone\(number)/temp", temperature)
        }
        for (number, type, value) in [("0", "critical", "110000"), ("1", "passive", "85000")] {
            tree.write("thermal/thermal_zone1/trip_point_\(number)_type", type + "\n")
            tree.write("thermal/thermal_zone1/trip_point_\(number)_temp", value + "\n")
        }
        let thermometer = try #require(board.openThermometer())
        #expect(thermometer.celsius() == 51.234 && thermometer.throttleCelsius == 85)
        tree.write("thermal/thermal_zone2/temp", "72000\n")
        #expect(thermometer.celsius() == 72)
    }

    @Test func aBoardThatGoesAwayPutsBack() throws {
        let tree = cpufreq()
        do {
            let board = board(tree)
            // Asked for twice: both see what there was before the first change.
            try board.frequencyPolicies()[0].setGovernor("powersave")
            try board.frequencyPolicies()[0].setGovernor("performance")
            #expect(tree.read("cpufreq/policy0/scaling_governor") == "performance")
            withExtendedLifetime(board) {}
        }
        #expect(tree.read("cpufreq/policy0/scaling_governor") == "ondemand")
    }

    @Test func nonsenseIsRefusedAndChangesNothing() {
        let tree = cpufreq()
        let board = board(tree), policy = board.frequencyPolicies()[0]
        defer { withExtendedLifetime(board) {} }
        #expect(failure { try policy.setGovernor("turbo") }
                == "policy0 has no governor turbo; there are: conservative ondemand userspace powersave performance")
        #expect(failure { try policy.setSpeed(kilohertz: 600_000) }
                == "policy0 has the governor ondemand; a fixed speed needs the governor userspace")
        #expect(failure {
            try policy.setGovernor("userspace")
            try policy.setSpeed(kilohertz: 600_001)
        } == "policy0 can't run at 600001 kHz; it can at: 600000 1000000 1500000")
        policy.restore()
        #expect(tree.read("cpufreq/policy0/scaling_governor") == "ondemand")
    }

    @Test func anotherProcessPutsBackAfterAKill() throws {
        let tree = cpufreq(), saved = tree.path + "/run/cpufreq.saved", root = tree.path + "/cpufreq"
        let policy = KernelFrequencyPolicy(name: "policy0", guardian: FrequencyGuard(root: root, savedPath: saved))
        try policy.setGovernor("performance")
        // What a killed process leaves behind.
        #expect(try FrequencyRestore.restoreFromFile(saved, root: root) == ["policy0: ondemand"])
        #expect(tree.read("cpufreq/policy0/scaling_governor") == "ondemand")
        #expect(tree.read("run/cpufreq.saved") == nil)
        #expect(try FrequencyRestore.restoreFromFile(saved, root: root) == [])
    }

    @Test func aNewStartPutsBackWhatADeadProcessLeft() throws {
        let tree = cpufreq(), saved = tree.path + "/run/cpufreq.saved"
        let ended = Process()
        ended.executableURL = URL(fileURLWithPath: "/bin/true")
        try ended.run()
        ended.waitUntilExit()
        tree.write("run/cpufreq.saved", "swiftlet-cpufreq 1 \(ended.processIdentifier)\npolicy0 conservative\npolicy4 userspace 700000\n")
        let board = board(tree), policies = board.frequencyPolicies()
        defer { withExtendedLifetime(board) {} }
        #expect(try policies[0].governor() == "conservative")
        #expect(tree.read("cpufreq/policy4/scaling_setspeed") == "700000")
        #expect(!File.exists(saved))
    }

    @Test func aLivingProcessKeepsItsSavedStates() throws {
        let tree = cpufreq()
        // Process 1 lives as long as the machine.
        tree.write("run/cpufreq.saved", "swiftlet-cpufreq 1 1\npolicy0 conservative\n")
        let board = board(tree), policies = board.frequencyPolicies()
        defer { withExtendedLifetime(board) {} }
        try policies[0].setGovernor("performance")
        try policies[1].setSpeed(kilohertz: 1)
        #expect(tree.read("run/cpufreq.saved") == "swiftlet-cpufreq 1 1\npolicy0 conservative\npolicy4 userspace 1800000")
        for policy in policies { policy.restore() }
    }

    @Test(arguments: ["", "swiftlet-cpufreq", "swiftlet-cpufreq 2 1\npolicy0 ondemand\n", "swiftlet-cpufreq 1 x\n",
                      "swiftlet-cpufreq 1 1\n../../etc ondemand\n", "swiftlet-cpufreq 1 1\npolicy0\n",
                      "swiftlet-cpufreq 1 1\npolicy0 userspace -3\n", "swiftlet-cpufreq 1 1\npolicy0 a b c\n", "\0\0\0\0"])
    func aDamagedFileChangesNothing(_ text: String) {
        let tree = cpufreq(), saved = tree.path + "/run/cpufreq.saved"
        tree.write("run/cpufreq.saved", text)
        #expect(failure { try FrequencyRestore.restoreFromFile(saved, root: tree.path + "/cpufreq") }?.contains(saved) == true)
        #expect(tree.read("cpufreq/policy0/scaling_governor") == "ondemand")
        #expect(File.exists(saved))
        // It keeps nobody from starting, nor from changing governors.
        let board = board(tree), policy = board.frequencyPolicies()[0]
        defer { withExtendedLifetime(board) {} }
        #expect(failure { try policy.setGovernor("powersave") } == nil)
        policy.restore()
    }

    @Test func aPolicyThatIsGoneDoesNotKeepTheOthersFromBeingPutBack() {
        let tree = cpufreq(), saved = tree.path + "/run/cpufreq.saved"
        tree.write("run/cpufreq.saved", "swiftlet-cpufreq 1 1\npolicy9 ondemand\npolicy0 powersave\n")
        #expect(failure { try FrequencyRestore.restoreFromFile(saved, root: tree.path + "/cpufreq") }?.contains("policy9") == true)
        #expect(tree.read("cpufreq/policy0/scaling_governor") == "powersave")
    }

    @Test func noCpufreqIsNoPolicies() {
        #expect(board(TemporaryFolder()).frequencyPolicies().isEmpty)
    }
}

@Suite struct PowerReadingTests {
    @Test func temperaturesComeWithTheirZones() {
        let tree = TemporaryFolder()
        for (zone, type, value) in [("thermal_zone10", "gpu-thermal", "-1500\n"), ("thermal_zone0", "cpu-thermal\n", "48312\n"),
                                    ("thermal_zone1", "broken\n", "what\n"), ("cooling_device0", "fan\n", "1\n")] {
            tree.write("thermal/\(zone)/type", type)
            tree.write("thermal/\(zone)/temp", value)
        }
        let temperatures = board(tree).temperatures()
        #expect(temperatures.map(\.zone) == ["cpu-thermal", "gpu-thermal"])
        #expect(temperatures.map(\.celsius) == [48.312, -1.5])
    }

    @Test func pressureIsAShare() {
        let tree = TemporaryFolder()
        #expect(board(tree).memoryPressure() == nil)
        tree.write("memory", "some avg10=12.34 avg60=0.00 avg300=0.00 total=0\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=0\n")
        #expect(abs((board(tree).memoryPressure() ?? -1) - 0.1234) < 1e-6)
        for bad in ["", "some", "some avg10=", "some avg10=x.yz", "some avg10=1.2.3", "some avg10=999.00", "full avg10=1.00"] {
            tree.write("memory", bad)
            #expect(board(tree).memoryPressure() == nil, "\(bad)")
        }
    }

    @Test(.enabled(if: File.exists("/proc/pressure/memory")))
    func thisKernelsPressureIsUnderstood() {
        let share = HardwareBoard().memoryPressure()
        #expect(share.map { $0 >= 0 && $0 <= 1 } == true)
    }

    @Test func theLowestLimitAroundTheGroupCounts() {
        let tree = TemporaryFolder()
        let own = "cgroup/system.slice/swiftlet.service/"
        tree.write("membership", "1:name=systemd:/x\n0::/system.slice/swiftlet.service\n")
        tree.write("cgroup/cgroup.controllers", "memory\n")
        tree.write("cgroup/system.slice/memory.max", "67108864\n")
        tree.write(own + "memory.max", "max\n")
        tree.write(own + "memory.current", "1234567\n")
        tree.write(own + "memory.events", "low 0\nhigh 3\nmax 7\noom 1\noom_kill 2\n")
        let memory = ControlGroupMemory.read(membership: tree.path + "/membership", root: tree.path + "/cgroup")
        #expect(memory == ControlGroupMemory(limitBytes: 67_108_864, currentBytes: 1_234_567, peakBytes: nil, timesAtLimit: 7, killed: 2))
        tree.write("membership", "0::/\n")
        #expect(ControlGroupMemory.read(membership: tree.path + "/membership", root: tree.path + "/cgroup") == ControlGroupMemory())
        tree.write("membership", "4:memory:/old\n")
        #expect(ControlGroupMemory.read(membership: tree.path + "/membership", root: tree.path + "/cgroup") == nil)
    }

    @Test func theBoardIsCalledByItsDeviceTree() {
        let tree = TemporaryFolder()
        #expect(board(tree).name == "Linux board")
        tree.write("model", "Raspberry Pi 4 Model B Rev 1.4\0")
        #expect(board(tree).name == "Raspberry Pi 4 Model B Rev 1.4")
    }

    @Test func busesComeInOrder() {
        let tree = TemporaryFolder()
        for name in ["i2c-10", "i2c-1", "i2c-x"] { tree.write("dev/" + name, "") }
        #expect(board(tree).busNames() == [tree.path + "/dev/i2c-1", tree.path + "/dev/i2c-10"])
    }

    @Test func aMissingBusIsNamed() {
        let tree = TemporaryFolder(), board = board(tree)
        #expect(failure { _ = try board.openBus(BusRequest("i2c-3")) }?.contains("\(tree.path)/dev/i2c-3") == true)
        #expect(failure { _ = try board.openBus(BusRequest("/nowhere/i2c-0")) }?.contains("/nowhere/i2c-0") == true)
        // Lines that are to free the bus are taken first.
        #expect(failure { _ = try board.openBus(BusRequest("i2c-3", recoveryClock: "gpiochip7/2")) }?.contains("gpiochip7/2") == true)
        #expect(board.rehearsal == nil)
    }

    @Test func nobodySleptDuringATest() {
        var detector = SuspendDetector()
        #expect(detector.sleptNanoseconds() == 0)
    }

    @Test func sleepShowsOnce() {
        var detector = SuspendDetector(offsetNanoseconds: 5_000_000_000)
        #expect(detector.slept(offsetNanoseconds: 5_000_000_900) == 0)
        #expect(detector.slept(offsetNanoseconds: 65_000_000_000) == 60_000_000_000)
        #expect(detector.slept(offsetNanoseconds: 65_000_000_100) == 0)
        #expect(detector.slept(offsetNanoseconds: 65_000_000_000 + 50_000_001) == 50_000_001)
    }
}
