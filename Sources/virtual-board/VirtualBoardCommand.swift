import ArgumentParser
import Platform
import Rig

@main
struct VirtualBoardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virtual-board",
        abstract: "An ARM Linux board in QEMU: Debian's kernel in front of simulated sensors.",
        subcommands: [Boot.self, Figures.self, Governors.self],
        defaultSubcommand: Boot.self)

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            Output.error.line("virtual-board: \(failure.description)")
            VirtualBoardCommand.exit(withError: ExitCode(failure.kind == .usage ? 64 : 1))
        } catch {
            VirtualBoardCommand.exit(withError: error)
        }
    }
}
