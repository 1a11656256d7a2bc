import ArgumentParser
import Platform

@main
struct Nestc: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nestc",
        abstract: "Compiles published models into .nest files and shows what is in them.",
        subcommands: [Compile.self, Inspect.self, Run.self, Perplexity.self, Synthetic.self],
        defaultSubcommand: Compile.self)

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            complain(failure.description)
            Nestc.exit(withError: ExitCode(failure.kind == .usage ? 64 : 1))
        } catch {
            Nestc.exit(withError: error)
        }
    }
}
