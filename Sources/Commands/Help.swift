import Platform

let help = Command(name: "help", usage: "[COMMAND]", summary: "Lists the commands, or explains one.", options: [],
                   examples: ["swiftlet help classify"]) {
    (context, arguments) throws(Failure) in
    if let name = arguments.positional.first {
        guard let command = commandTable.first(where: { $0.name == name }) else { throw Failure(.usage, "unknown command \(name)") }
        context.output(command.helpText)
        return
    }
    context.output("Swiftlet \(version): models and senses for a small board.\n\nusage: swiftlet COMMAND [arguments]\n")
    var widest = 0
    for command in commandTable { widest = max(widest, command.name.unicodeScalars.count) }
    for command in commandTable { context.output("  \(padRight(command.name, widest))  \(command.summary)") }
    context.output("\n`swiftlet help COMMAND` explains one. Exit status: 0 done, 1 failed, 2 wrong arguments.")
}
