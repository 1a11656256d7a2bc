import Platform
import Tasks

/// A report as lines of text.
enum ReportTable {
    private static let rows = 20

    static func lines(_ data: ReportData) -> [String] {
        let (points, seconds) = data.points(rows)
        guard let first = points.first, let last = points.last else { return ["nothing is known yet"] }
        let span = Int64(max(0, min(1e9, last.device.seconds - first.device.seconds + seconds)))
        var lines = ["\(DeviceStatus.duration(span)) until \(data.time), a line for \(fixed(seconds, decimals: 0)) s"]
        lines.append(row("seconds", ["MHz", "°C", "W"]))
        for point in points {
            lines.append(row(fixed(point.device.seconds, decimals: 0), [
                number(point.device.megahertz, 0), number(point.device.celsius, 1), number(point.device.watts, 3)]))
        }
        for (index, task) in data.tasks.enumerated() {
            lines.append("task \(task.name), deadline \(fixed(task.deadlineMilliseconds, decimals: 1)) ms")
            lines.append(row("seconds", ["rate", "p50 ms", "p95 ms", "p99 ms", "missed"]) + "  variant")
            for point in points {
                let second = point.tasks[index]
                lines.append(row(fixed(point.device.seconds, decimals: 0), [
                    number(second.rate, 1), number(second.p50, 1), number(second.p95, 1), number(second.p99, 1), "\(second.misses)",
                ]) + "  " + data.name(second.variant, of: index))
            }
        }
        return lines.map { ShownText.line($0) }
    }

    private static func row(_ first: String, _ cells: [String]) -> String {
        var text = padLeft(first, 8)
        for cell in cells { text += " " + padLeft(cell, 8) }
        return text
    }

    private static func number(_ value: Float, _ decimals: Int) -> String { value.isFinite ? fixed(value, decimals: decimals) : "-" }
}
