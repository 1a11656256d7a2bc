import Configuration
import Device
import Platform
import Tasks

let listRecords = Command(
    name: "records", usage: "[options]",
    summary: "Lists the records of events: time, task, rule, seconds, bytes.",
    options: [
        OptionSpecification("--config", "FILE", "whose records are meant (default: the firmware's, or /etc/swiftlet.conf)"),
        OptionSpecification("--last", "N", "the newest N alone"),
        SharedOptions.json,
    ],
    examples: ["records", "swiftlet records --config swiftlet.conf --json"]) { (context, arguments) throws(Failure) in
    if let stray = arguments.positional.first { throw Failure(.usage, "\(stray): records takes options alone") }
    let configuration: DeviceConfiguration
    if let device = context.device, arguments.text("--config") == nil {
        configuration = device.configuration
    } else {
        configuration = try ConfigurationFile.read(arguments.text("--config") ?? DeviceFactory.defaultPath)
    }
    guard let folder = configuration.records?.folder else {
        throw Failure(.usage, "no records are configured; [records] with folder = PATH in the configuration keeps some")
    }
    guard Folder.exists(folder) else { throw Failure(.inputOutput, "\(folder) is no folder that can be read") }
    var names = RecordName.sorted(Folder.names(folder))
    if let last = try arguments.integer("--last", in: 1...1_000_000) { names = Array(names.suffix(last)) }
    let json = arguments.has("--json")
    var bytes: Int64 = 0
    for name in names {
        if context.isCancelled { return }
        let row = RecordText.row(folder, name)
        bytes += row.bytes
        context.output(json ? row.object.line : row.line)
    }
    if !json {
        context.output("\(names.count == 1 ? "1 record" : "\(names.count) records"), \(megabytes(bytes)) in \(ShownText.line(folder))")
    }
}
