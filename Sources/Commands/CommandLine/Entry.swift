import Platform

/// Finds and runs the command of one line.
/// - Returns: the exit status: 0 done, 1 failed, 2 the line itself was wrong.
public func runCommand(_ words: [String], context: Context) -> Int32 {
    let name = words.first ?? "help"
    let wanted = ["--help", "-h"].contains(name) ? "help" : name == "--version" ? "version" : name
    guard let command = commandTable.first(where: { $0.name == wanted }) else {
        context.errors(ShownText.line("swiftlet: unknown command \(name); `swiftlet help` lists them"))
        return 2
    }
    let rest = Array(words.dropFirst())
    if rest.contains("--help") || rest.contains("-h") {
        context.output(command.helpText)
        return 0
    }
    context.hadErrors = false
    do {
        try command.run(context, try Arguments(rest, options: command.options))
    } catch {
        let hint = error.kind == .usage ? "; see `swiftlet help \(command.name)`" : ""
        context.errors(ShownText.line("swiftlet: \(error.description)\(hint)"))
        return error.kind == .usage ? 2 : 1
    }
    return context.hadErrors ? 1 : 0
}

/// The program: its arguments are one command.
public func runProgram(argumentCount: Int32, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    if argumentCount > 0, let first = arguments[0], InitProgram.isWanted(lastComponent(String(cString: first))) { return InitProgram.run() }
    Output.keepDescriptors()
    var words: [String] = []
    for index in 1..<max(1, Int(argumentCount)) {
        if let word = arguments[index] { words.append(String(cString: word)) }
    }
    return Output.conclude("swiftlet", status: runCommand(words, context: Context()))
}
