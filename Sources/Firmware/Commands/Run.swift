import Platform

let run = Command(
    name: "run", usage: "[--config FILE | --simulate [LOG]] [options]",
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
    if let folder = arguments.text("--models") { context.modelFolders.insert(folder, at: 0) }
    let session = FirmwareSession(try DeviceFactory.make(arguments), context, isJSON: arguments.has("--json"))
    if try session.run() != 0 { context.hadErrors = true }
}
