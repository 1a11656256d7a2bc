import Foundation
import Platform
import VirtualBoard

/// A board with every chip and a shell, on which the firmware is started again and again: for tests and figures.
public final class RigBench {
    public let machine: Machine
    public let shell: GuestShell
    public let board: StandardBoard
    /// Known once `compareClocks` has been called.
    public private(set) var clock = GuestClock()

    /// Turns about a slanted axis at half a radian a second: every axis of every sensor has something to say.
    public static let turning = TurningMotion(angularRate: SIMD3(0.3, -0.2, 0.35))
    /// How much too fast the chips' clocks are.
    public static let drift = 0.03
    static let settings = ["acceleration-range = 4", "angular-range = 500"]

    /// Boots it. Configurations by the chip's name (200 Hz), "fast" (MPU-6050 at 1 kHz), "governor", "watchdog" and "button".
    public init(image: RigImage, firmware: String, memoryMegabytes: Int = 128) throws(Failure) {
        var options = ChipOptions(seed: 11)
        options.drift = Self.drift
        options.gyroscopeBias = .zero
        let board = StandardBoard(motion: Self.turning, options: options)
        self.board = board
        let settings = ["rate = 200"] + Self.settings
        var files = board.sensors.map { ("etc/\($0.chip).conf", board.configuration([$0.chip], settings: settings)) }
        files.append(("etc/fast.conf", board.configuration(["mpu6050"], settings: ["rate = 1000"] + Self.settings)))
        files.append(("etc/governor.conf", board.configuration([], firmware: ["governor = powersave"])))
        files.append(("etc/watchdog.conf", board.configuration(["mpu6050"], settings: settings, firmware: ["watchdog = 3"])))
        files.append(("etc/button.conf", board.configuration([])))
        var machineOptions = MachineOptions(image: image, system: RootSystem(firmware: firmware, hasShell: true, files: files))
        machineOptions.buses = board.buses
        machineOptions.memoryMegabytes = memoryMegabytes
        machine = try Machine(machineOptions)
        shell = try GuestShell(machine)
        let found = try shell.run("i=0; while [ ! -e /dev/i2c-2 ] && [ $i -lt 200 ]; do usleep 50000; i=$((i+1)); done; ls /dev/i2c-*")
        guard found.status == 0 else { throw Failure(.inputOutput, "the board has not found its buses: \(found.text)") }
    }

    /// Finds out how far the board's clock is from ours: by edges of the button's line, whose kernel times the firmware
    /// tells, on the way that the sensors' interrupts take.
    public func compareClocks(edges: Int = 60) throws(Failure) {
        let run = try start("button")
        run.console.forgetLog()
        for edge in 1...edges {
            let level = edge % 2 == 1, before = monotonicNanoseconds()
            try machine.lines.set(StandardBoard.buttonLine, level)
            while try machine.lines.isPending(StandardBoard.buttonLine) { usleep(20) }
            let after = monotonicNanoseconds()
            let line = try run.console.waitForLog("button \(level ? "on" : "off") (edge \(edge))", seconds: 10)
            guard let seconds = FirmwareConsole.object(line)?["time_s"] as? NSNumber else {
                throw Failure(.badFormat, "the firmware does not say when an edge was: \(line)")
            }
            let theirs = Int64((seconds.doubleValue * 1e9).rounded())
            clock.sent(ours: before, seen: theirs)
            clock.told(theirs: theirs, received: after)
        }
        try run.end()
    }

    /// Starts the firmware with one of the configurations of `init`, in a control group where one is named; it answers on return.
    public func start(_ configuration: String, group: String? = nil) throws(Failure) -> FirmwareRun {
        try FirmwareRun(shell, machine, configuration: "/etc/\(configuration).conf", group: group)
    }

    /// Drives the button's line, waiting each time until the firmware has told of the edge; how many came as they should.
    public func pressButton(_ run: FirmwareRun, edges: Int) throws(Failure) -> Int {
        run.console.forgetLog()
        for edge in 1...edges {
            let level = edge % 2 == 1
            try machine.lines.set(StandardBoard.buttonLine, level)
            do throws(Failure) {
                _ = try run.console.waitForLog("button \(level ? "on" : "off") (edge \(edge))", seconds: 10)
            } catch {
                return edge - 1
            }
        }
        return edges
    }
}

extension [String: Any] {
    /// A number of an answer; NaN where it isn't there or is no number.
    public func number(_ key: String) -> Double { (self[key] as? NSNumber)?.doubleValue ?? .nan }
    /// Three numbers of an answer, KEY_x, KEY_y and KEY_z; NaN where one isn't there.
    public func vector(_ key: String) -> SIMD3<Double> { SIMD3(number(key + "_x"), number(key + "_y"), number(key + "_z")) }
    /// A counter of `sensors`; -1 where it isn't there.
    public func fault(_ key: String) -> Int { ((self["faults"] as? [String: Any])?[key] as? NSNumber)?.intValue ?? -1 }
}
