import Device
import Platform

let showReport = Command(
    name: "report", usage: "[FILE] [options]",
    summary: "Shows the firmware's last hour over time: rate, latency, misses, variant, frequency, temperature, power.",
    options: [
        OptionSpecification("--html", "FILE", "writes one HTML file with plots, which needs nothing else"),
        OptionSpecification("--json", "what it is, then one JSON object a second; saved to FILE, `report FILE` reads it anywhere"),
    ],
    examples: ["report", "report --html /tmp/report.html", "swiftlet report saved.jsonl --html report.html"]) {
    (context, arguments) throws(Failure) in
    guard arguments.positional.count <= 1 else { throw Failure(.usage, "one file at most: what `report --json` said") }
    let data: ReportData
    if let path = arguments.positional.first {
        data = try ReportData(try File.read(path, limit: 64 << 20), name: path)
    } else {
        let device = try context.runningDevice()
        guard let history = context.history else { throw Failure(.usage, "this console keeps no history; `swiftlet run` does") }
        data = ReportData(device, history)
    }
    if let path = arguments.text("--html") {
        try File.writeAtomically(path, Array(ReportPage(data).html.utf8))
        if !arguments.has("--json") { context.output("\(data.rows.count) seconds, \(data.tasks.count) tasks in \(path)") }
    }
    if arguments.has("--json") {
        for line in data.lines { context.output(line) }
    } else if arguments.text("--html") == nil {
        for line in ReportTable.lines(data) { context.output(line) }
    }
}
