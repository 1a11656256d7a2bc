import Board
import Device
import Platform

let run = Command(
    name: "run", usage: "[--config FILE] [--simulate [LOG]] [options]",
    summary: "Runs the firmware: sensors, lines, and a console on this terminal or the ports of the configuration.",
    options: [
        OptionSpecification("--config", "FILE", "the configuration (default: /etc/swiftlet.conf where it is there)"),
        OptionSpecification("--simulate", "a simulated board instead of this machine's; LOG (CSV or NPY) is how it moves"),
        OptionSpecification("--fast", "simulated time runs as fast as it goes, to the log's end, where it stands still"),
        SharedOptions.models,
        OptionSpecification("--json", "a console for machines: no prompt, one JSON object a line"),
    ],
    examples: ["swiftlet run --simulate", "swiftlet run --config /etc/swiftlet.conf", "swiftlet run --simulate walk.csv --fast",
               "echo status | swiftlet run --simulate"]) { (context, arguments) throws(Failure) in
    guard context.device == nil else { throw Failure(.usage, "the firmware is running already") }
    context.folders.prefer(arguments.text("--models"))
    let streams = StandardStreams()
    let session = try FirmwareSession(try DeviceFactory.make(arguments), context, isJSON: arguments.has("--json"), streams: streams)
    if try session.run() != 0 { context.hadErrors = true }
}

extension DeviceFactory {
    /// The device that a command line of `run` asks for.
    static func make(_ arguments: Arguments) throws(Failure) -> Device {
        let isSimulated = arguments.has("--simulate"), isFast = arguments.has("--fast")
        if !isSimulated, let stray = arguments.positional.first { throw Failure(.usage, "\(stray): a log is only for --simulate") }
        if isFast, !isSimulated { throw Failure(.usage, "--fast is only for --simulate") }
        guard arguments.positional.count < 2 else { throw Failure(.usage, "one log at most") }
        return try make(isSimulated: isSimulated, log: arguments.positional.first, isFast: isFast,
                        configurationPath: arguments.text("--config"))
    }
}
