import Console
import Device
import Platform

/// Runs a line as it was typed or came from a script. The exit status.
func runLine(_ line: [UInt8], context: Context) -> Int32 {
    do throws(Failure) {
        var words = try CommandWords.split(line)
        guard let name = words.first else { return 0 }
        if context.console?.isJSON == true, let command = commandTable.first(where: { $0.name == name }), !words.contains("--json"),
           command.options.contains(where: { $0.name == "--json" }) {
            words.append("--json")
        }
        let status = runCommand(words, context: context)
        if context.console?.isCancelled == true, context.device?.isEnding != true { context.errors("cancelled") }
        return status
    } catch {
        context.errors("swiftlet: \(error.description)")
        return 1
    }
}
