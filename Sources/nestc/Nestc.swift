import ArgumentParser
import Foundation
import Platform

@main
struct Nestc: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nestc",
        abstract: "Compiles published models into .nest files and shows what is in them.",
        subcommands: [Compile.self, Inspect.self, Run.self, Perplexity.self, Speech.self, Synthetic.self],
        defaultSubcommand: Compile.self)

    static func main() {
        Output.keepDescriptors()
        // Standard error may have lost its reader, and the work still counts.
        Signals.ignoreBrokenPipes()
        var status: Int32 = 0
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            complain(failure.description)
            status = failure.kind == .usage ? 64 : 1
        } catch {
            // Help is an error here too, one that ends well.
            let text = fullMessage(for: error)
            status = exitCode(for: error).rawValue
            if !text.isEmpty { if status == 0 { say(text) } else { note(text) } }
        }
        Foundation.exit(Output.conclude("nestc", status: status))
    }
}
