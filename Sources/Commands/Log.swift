import Configuration
import Device
import Platform

let showLog = Command(
    name: "log", usage: "[error|warning|info|debug]", summary: "Shows the last lines of the log, or sets how much is logged.",
    options: [SharedOptions.json], examples: ["log", "log debug"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    if let name = arguments.positional.first {
        guard let level = LogLevel.named(name) else { throw Failure(.usage, "log \(name): error, warning, info or debug is expected") }
        device.log.level = level
        return
    }
    for line in device.log.lines { context.output(arguments.has("--json") ? line.json.line : line.shown) }
}
