import ArgumentParser
import Platform
import Rig
import VirtualBoard

struct Boot: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Boot the board and give its console (Ctrl-] for the rig's own commands).")

    @Option(help: "The kind of board: aarch64 or armv7.")
    var board = "aarch64"
    @Option(help: "What board/rig-image.sh has laid out (default: build/rig-BOARD).")
    var image: String?
    @Option(help: "The board's binary (default: build/BOARD/swiftlet).")
    var firmware: String?
    @Option(help: "Megabytes of memory.")
    var memory = 128
    @Option(help: "The firmware's configuration (default: an MPU-9250 on i2c-0 and a button).")
    var config: String?
    @Flag(help: "A shell is the first process, instead of the firmware.")
    var shell = false

    func run() throws {
        Signals.install()
        let chips = StandardBoard(motion: RockingMotion(startNanoseconds: monotonicNanoseconds()))
        let configuration = try config.map { try File.read($0) } ?? chips.configuration(["mpu9250"])
        var options = MachineOptions(image: try RigImage(folder: image ?? "build/rig-\(board)"),
                                     system: RootSystem(firmware: firmware ?? "build/\(board)/swiftlet", hasShell: shell,
                                                        files: [("etc/swiftlet.conf", configuration)]))
        options.buses = chips.buses
        options.memoryMegabytes = memory
        options.endsAtReset = false
        let machine = try Machine(options)
        Output.error.line("virtual-board: the board starts; Ctrl-] for the rig's commands (help lists them), twice to leave")
        let failure = ConsoleSession(machine, port: machine.console).run()
        machine.kill()
        Output.error.line("")
        if let failure { throw failure }
    }
}
