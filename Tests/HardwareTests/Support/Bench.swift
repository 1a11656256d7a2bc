import Foundation
import Platform
import Rig
import Testing
import VirtualBoard

/// A board with every chip and a shell, on which the firmware is started again and again.
final class Bench {
    let machine: Machine
    let shell: GuestShell
    let board: StandardBoard
    let clock: GuestClock

    /// Turns about a slanted axis at half a radian a second: every axis of every sensor has something to say.
    static let turning = TurningMotion(angularRate: SIMD3(0.3, -0.2, 0.35))

    static func make(memoryMegabytes: Int = 128) throws -> Bench { try Bench(memoryMegabytes: memoryMegabytes) }

    private init(memoryMegabytes: Int) throws {
        var options = ChipOptions(seed: 11)
        options.drift = 0.03
        options.gyroscopeBias = .zero
        let board = StandardBoard(motion: Self.turning, options: options)
        self.board = board
        let settings = ["rate = 200", "acceleration-range = 4", "angular-range = 500"]
        var files = board.sensors.map { ("etc/\($0.chip).conf", board.configuration([$0.chip], settings: settings)) }
        files.append(("etc/governor.conf", board.configuration([], firmware: ["governor = powersave"])))
        files.append(("etc/watchdog.conf", board.configuration(["mpu6050"], settings: settings, firmware: ["watchdog = 3"])))
        files.append(("etc/button.conf", board.configuration([])))
        var machineOptions = MachineOptions(image: try RigImage(folder: RigFiles.image),
                                            system: RootSystem(firmware: RigFiles.firmware, hasShell: true, files: files))
        machineOptions.buses = board.buses
        machineOptions.memoryMegabytes = memoryMegabytes
        machine = try Machine(machineOptions)
        shell = try GuestShell(machine)
        let found = try shell.run("i=0; while [ ! -e /dev/i2c-2 ] && [ $i -lt 200 ]; do usleep 50000; i=$((i+1)); done; ls /dev/i2c-*")
        guard found.status == 0 else { throw Failure(.inputOutput, "the board has not found its buses: \(found.text)") }
        clock = try GuestClock(shell)
    }

    func start(_ configuration: String, group: String? = nil) throws -> FirmwareRun {
        try FirmwareRun(shell, machine, configuration: "/etc/\(configuration).conf", group: group)
    }

    /// Waits until the sensor runs, with so many samples more than now.
    func waitForSamples(_ run: FirmwareRun, _ sensor: String, more: Int, seconds: Double) throws -> [String: Any] {
        let deadline = monotonicNanoseconds() + Int64(seconds * 1e9)
        var first: Int?
        while true {
            let state = try #require(try run.console.run("sensors \(sensor)").first)
            let samples = state["samples"] as? Int ?? 0
            if let first, samples >= first + more, state["state"] as? String == "running" { return state }
            if first == nil { first = samples }
            guard monotonicNanoseconds() < deadline else {
                throw Failure(.inputOutput, "\(sensor) has \(samples - (first ?? 0)) of \(more) samples after \(seconds) s: \(state); log: \(run.console.log.suffix(8))")
            }
            usleep(20_000)
        }
    }
}

extension [String: Any] {
    func number(_ key: String) -> Double { (self[key] as? NSNumber)?.doubleValue ?? .nan }
    func vector(_ key: String) -> SIMD3<Double> { SIMD3(number(key + "_x"), number(key + "_y"), number(key + "_z")) }
    func fault(_ key: String) -> Int { ((self["faults"] as? [String: Any])?[key] as? NSNumber)?.intValue ?? -1 }
}

func length(_ v: SIMD3<Double>) -> Double { (v * v).sum().squareRoot() }
