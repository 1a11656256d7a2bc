import Platform
import Pose
import Tasks

/// A report as one HTML file that needs nothing else: no script, no font, no address.
struct ReportPage {
    private let data: ReportData
    private let points: [(device: DeviceSecond, tasks: [TaskSecond])]
    private let pointSeconds: Double

    private static let mostPoints = 600, height = 120
    private static let blue = "#1f77b4", orange = "#e07b00", red = "#d62728", grey = "#888888", green = "#2ca02c"

    init(_ data: ReportData) {
        self.data = data
        (points, pointSeconds) = data.points(Self.mostPoints)
    }

    var html: String {
        let title = "Swiftlet: \(data.device)"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>
            body { font: 15px Helvetica, Arial, sans-serif; color: #222; background: #fff;
            max-width: 1140px; margin: 24px auto; padding: 0 16px }
            svg { max-width: 100%; height: auto }
            table { border-collapse: collapse } th, td { text-align: right; padding: 4px 14px; border-bottom: 1px solid #ddd }
            th:first-child, td:first-child, td:last-child, th:last-child { text-align: left }
            p { color: #555 }
            @media (prefers-color-scheme: dark) {
            body { color: #ddd; background: #000 } p { color: #aaa } th, td { border-color: #444 }
            svg { filter: invert(1) hue-rotate(180deg) }
            }
            </style>
            </head>
            <body>
            <h1>\(escaped(title))</h1>
            <p>\(escaped(span))</p>
            \(table)
            \(drawing)</body>
            </html>

            """
    }

    /// "59 min 12 s until 2026-11-26T19:33:05Z; a point stands for 6 s: …".
    private var span: String {
        guard let first = data.rows.first, let last = data.rows.last else { return "Nothing is known yet." }
        let seconds = Int64(max(0, min(1e9, last.device.seconds - first.device.seconds)))
        var text = "\(DeviceStatus.duration(seconds)) until \(data.time)."
        if pointSeconds > 1 {
            text += " A point stands for \(fixed(pointSeconds, decimals: 0)) s: rate and p50 are means, p95 and p99 the worst second's, "
                + "misses the sum."
        }
        return text + (missing.isEmpty ? "" : " Not measured: \(missing.joinedByCommas).")
    }

    private var missing: [String] {
        var names: [String] = []
        if !data.rows.contains(where: { $0.device.megahertz.isFinite }) { names.append("frequency") }
        if !data.rows.contains(where: { $0.device.celsius.isFinite }) { names.append("temperature") }
        if !data.rows.contains(where: { $0.device.watts.isFinite }) { names.append("power") }
        return names
    }

    private var table: String {
        guard !data.tasks.isEmpty else { return "" }
        var text = "<table>\n<tr><th>task</th><th>answers a second</th><th>latency p50</th><th>worst p99</th><th>deadline</th>"
            + "<th>missed</th><th>variant</th></tr>\n"
        for (index, task) in data.tasks.enumerated() {
            let whole = data.whole(index)
            text += "<tr><td>\(escaped(task.name))</td><td>\(fixed(whole.rate, decimals: 1))</td><td>\(Self.milliseconds(whole.p50))</td>"
                + "<td>\(Self.milliseconds(whole.p99))</td><td>\(Self.milliseconds(Float(task.deadlineMilliseconds)))</td>"
                + "<td>\(whole.misses)</td><td>\(escaped(whole.variant))</td></tr>\n"
        }
        return text + "</table>"
    }

    private static func milliseconds(_ value: Float) -> String { value.isFinite ? "\(fixed(value, decimals: 1)) ms" : "–" }

    private var drawing: String {
        guard !points.isEmpty else { return "" }
        var panels: [PlotPanel] = []
        for index in data.tasks.indices { panels += self.panels(index) }
        func add(_ title: String, _ unit: String, _ colour: String, startsAtZero: Bool, _ value: (DeviceSecond) -> Float) {
            let values = points.map { value($0.device) }
            guard values.contains(where: { $0.isFinite }) else { return }
            panels.append(PlotPanel(title: title, unit: unit, series: [(title, colour, values)], height: Self.height,
                                    startsAtZero: startsAtZero))
        }
        add("frequency", "MHz", Self.blue, startsAtZero: true) { $0.megahertz }
        add("temperature", "°C", Self.red, startsAtZero: false) { $0.celsius }
        add("power", "W", Self.green, startsAtZero: true) { $0.watts }
        return PlotPage(title: "", times: points.map { $0.device.seconds }, panels: panels,
                        timeTitle: "time since the start (s)").svg
    }

    private func panels(_ index: Int) -> [PlotPanel] {
        let task = data.tasks[index]
        func values(_ value: (TaskSecond) -> Float) -> [Float] { points.map { value($0.tasks[index]) } }
        func panel(_ title: String, _ unit: String, _ series: [(name: String, colour: String, values: [Float])],
                   step: Double = 0) -> PlotPanel {
            PlotPanel(title: "\(task.name): \(title)", unit: unit, series: series, height: Self.height, startsAtZero: true, leastStep: step)
        }
        var latencies: [(name: String, colour: String, values: [Float])] = [
            ("p50", Self.blue, values { $0.p50 }), ("p95", Self.orange, values { $0.p95 }), ("p99", Self.red, values { $0.p99 })]
        // A deadline that is far away would press the rest to the ground; the table has it.
        if Float(task.deadlineMilliseconds) < 4 * data.whole(index).p99 {
            latencies.append(("deadline", Self.grey, [Float](repeating: Float(task.deadlineMilliseconds), count: points.count)))
        }
        var panels = [
            panel("answers", "1/s", [("rate", Self.blue, values { $0.rate })]),
            panel("latency", "ms", latencies),
            panel("missed", "deadlines a point", [
                ("missed", Self.red, values { $0.rate.isFinite || $0.misses > 0 ? Float($0.misses) : .nan })], step: 1),
        ]
        if task.variants.count > 1 {
            var names = ""
            for (number, name) in task.variants.enumerated() { names += (number == 0 ? "" : ", ") + "\(number + 1) \(name)" }
            panels.append(panel("variant", names, [("variant", Self.green, values { $0.variant >= 0 ? Float($0.variant) + 1 : .nan })],
                                step: 1))
        }
        return panels
    }
}
