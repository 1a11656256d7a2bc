import Configuration
import Device
import ModelRuntime
import Platform
import Tasks

/// What a report tells of: seconds of a device and of its tasks, from the running firmware or from what it said earlier.
struct ReportData {
    struct Task {
        var name: String
        var deadlineMilliseconds: Double
        /// Best first.
        var variants: [String]
    }

    var device = ""
    /// When it was asked: "2026-11-26T19:33:05Z".
    var time = ""
    var tasks: [Task] = []
    /// The oldest first; as many tasks in each as there are above.
    var rows: [(device: DeviceSecond, tasks: [TaskSecond])] = []

    private static let mostRows = 86_400, mostTasks = 64, mostVariants = 8

    /// Of the running firmware.
    init(_ device: Device, _ history: RunHistory) {
        self.device = device.configuration.name
        time = CivilTime(wallNanoseconds()).text
        for task in device.configuration.tasks {
            tasks.append(Task(name: task.name, deadlineMilliseconds: Double(task.deadline) / 1e6,
                              variants: task.models.map { modelName($0) }))
        }
        rows = history.rows
    }

    // MARK: as JSON

    /// An object that says what it is, then one a second.
    var lines: [String] {
        var head = JSONObject()
        head.set("report", device)
        head.set("time", time)
        head.set("tasks", tasks.map { task in
            var object = JSONObject()
            object.set("task", task.name)
            object.set("deadlineMilliseconds", task.deadlineMilliseconds, decimals: 3)
            object.set("variants", task.variants)
            return object
        })
        var lines = [head.line]
        for row in rows {
            var object = JSONObject()
            object.set("seconds", row.device.seconds, decimals: 1)
            object.set("megahertz", Double(row.device.megahertz), decimals: 0)
            object.set("celsius", Double(row.device.celsius), decimals: 1)
            object.set("watts", Double(row.device.watts), decimals: 3)
            object.set("tasks", row.tasks.map { self.object($0) })
            lines.append(object.line)
        }
        return lines
    }

    private func object(_ second: TaskSecond) -> JSONObject {
        var object = JSONObject()
        object.set("rate", Double(second.rate), decimals: 2)
        object.set("p50", Double(second.p50), decimals: 3)
        object.set("p95", Double(second.p95), decimals: 3)
        object.set("p99", Double(second.p99), decimals: 3)
        object.set("misses", Int(second.misses))
        object.set("variant", Int(second.variant))
        return object
    }

    /// Reads what `report --json` said. Other lines, the log's for example, are left out; where there are several reports the last
    /// counts.
    /// - Throws: `.badFormat` where there is none.
    init(_ text: [UInt8], name: String) throws(Failure) {
        var hasHead = false, start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != 10 { end += 1 }
            let line = Array(text[start..<end])
            start = end + 1
            guard line.first == UInt8(ascii: "{"), let value = try? JSONValue(line, name: name) else { continue }
            if let device = value["report"]?.text {
                hasHead = true
                begin(device, value)
            } else if hasHead, rows.count < Self.mostRows, value["seconds"]?.number != nil { add(value) }
        }
        guard hasHead else { throw Failure(.badFormat, "\(name) holds no report; what `report --json` says is expected") }
    }

    private mutating func begin(_ device: String, _ value: JSONValue) {
        self.device = device
        time = value["time"]?.text ?? ""
        rows = []
        tasks = []
        for entry in (value["tasks"]?.array ?? []).prefix(Self.mostTasks) {
            var variants: [String] = []
            for variant in (entry["variants"]?.array ?? []).prefix(Self.mostVariants) { variants.append(variant.text ?? "") }
            tasks.append(Task(name: entry["task"]?.text ?? "", deadlineMilliseconds: entry["deadlineMilliseconds"]?.number ?? 0,
                              variants: variants))
        }
    }

    private mutating func add(_ value: JSONValue) {
        func number(_ value: JSONValue?) -> Float { value?.number.map { Float($0) } ?? .nan }
        func count(_ value: JSONValue?) -> Int32 { Int32(clamping: Int(exactly: (value?.number ?? 0).rounded()) ?? 0) }
        var row = DeviceSecond()
        row.seconds = value["seconds"]?.number ?? .nan
        // Time goes on; what goes back is another run's, or nobody's.
        guard row.seconds.isFinite, row.seconds >= 0, row.seconds > rows.last?.device.seconds ?? -1 else { return }
        row.megahertz = number(value["megahertz"])
        row.celsius = number(value["celsius"])
        row.watts = number(value["watts"])
        var seconds = [TaskSecond](repeating: TaskSecond(), count: tasks.count)
        for (index, entry) in (value["tasks"]?.array ?? []).prefix(tasks.count).enumerated() {
            seconds[index].rate = number(entry["rate"])
            seconds[index].p50 = number(entry["p50"])
            seconds[index].p95 = number(entry["p95"])
            seconds[index].p99 = number(entry["p99"])
            seconds[index].misses = count(entry["misses"])
            seconds[index].variant = max(-1, count(entry["variant"]))
        }
        rows.append((row, seconds))
    }

    // MARK: fewer points

    /// The seconds in so many points at most: means, of p95 and p99 the largest, of misses the sum, of variants the last. Where nothing is
    /// known for longer than a point there is one without values.
    /// - Returns: the points, and how many seconds each stands for.
    func points(_ most: Int) -> (rows: [(device: DeviceSecond, tasks: [TaskSecond])], seconds: Double) {
        guard let first = rows.first, let last = rows.last else { return ([], 1) }
        let size = max(1, ((last.device.seconds - first.device.seconds + 1) / Double(max(1, most))).rounded(.up))
        var points: [(device: DeviceSecond, tasks: [TaskSecond])] = []
        var start = 0
        while start < rows.count {
            // A beat may be a little early.
            let until = rows[start].device.seconds + size - 0.5
            var end = start + 1
            while end < rows.count, rows[end].device.seconds < until { end += 1 }
            if start > 0, rows[start].device.seconds - rows[start - 1].device.seconds > max(2.5, 1.5 * size) {
                var gap = DeviceSecond()
                gap.seconds = rows[start - 1].device.seconds + 1
                points.append((gap, [TaskSecond](repeating: TaskSecond(), count: tasks.count)))
            }
            points.append(merged(rows[start..<end]))
            start = end
        }
        return (points, size)
    }

    private func merged(_ part: ArraySlice<(device: DeviceSecond, tasks: [TaskSecond])>) -> (device: DeviceSecond, tasks: [TaskSecond]) {
        func mean(_ value: ((device: DeviceSecond, tasks: [TaskSecond])) -> Float) -> Float {
            var sum: Float = 0, count: Float = 0
            for row in part where value(row).isFinite { (sum, count) = (sum + value(row), count + 1) }
            return count > 0 ? sum / count : .nan
        }
        func largest(_ value: ((device: DeviceSecond, tasks: [TaskSecond])) -> Float) -> Float {
            var largest = Float.nan
            for row in part where value(row).isFinite && !(value(row) <= largest) { largest = value(row) }
            return largest
        }
        var device = DeviceSecond()
        device.seconds = part.first?.device.seconds ?? 0
        device.megahertz = mean { $0.device.megahertz }
        device.celsius = mean { $0.device.celsius }
        device.watts = mean { $0.device.watts }
        var own: [TaskSecond] = []
        for task in tasks.indices {
            var second = TaskSecond()
            second.rate = mean { $0.tasks[task].rate }
            second.p50 = mean { $0.tasks[task].p50 }
            second.p95 = largest { $0.tasks[task].p95 }
            second.p99 = largest { $0.tasks[task].p99 }
            for row in part {
                second.misses = Int32(clamping: Int64(second.misses) + Int64(row.tasks[task].misses))
                second.variant = row.tasks[task].variant
            }
            own.append(second)
        }
        return (device, own)
    }

    // MARK: all of it

    /// A task's whole time: mean rate, median of the seconds' medians, the worst second, misses.
    func whole(_ task: Int) -> (rate: Float, p50: Float, p99: Float, misses: Int64, variant: String) {
        var sum: Float = 0, count: Float = 0, worst = Float.nan, misses: Int64 = 0, variant: Int32 = -1
        var medians: [Float] = []
        for row in rows {
            let second = row.tasks[task]
            if second.rate.isFinite { (sum, count) = (sum + second.rate, count + 1) }
            if second.p50.isFinite { medians.append(second.p50) }
            if second.p99.isFinite, !(second.p99 <= worst) { worst = second.p99 }
            misses += Int64(second.misses)
            if second.variant >= 0 { variant = second.variant }
        }
        medians.order(by: <)
        return (count > 0 ? sum / count : .nan, medians.isEmpty ? .nan : medians[medians.count / 2], worst, misses, name(variant, of: task))
    }

    /// A variant's name; empty before the first answer.
    func name(_ variant: Int32, of task: Int) -> String {
        let variants = tasks[task].variants
        return variant >= 0 && Int(variant) < variants.count ? variants[Int(variant)] : ""
    }
}
