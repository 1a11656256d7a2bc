import Device
import ModelRuntime
import Platform
import Tasks

/// Tasks and cameras as text.
enum TaskText {
    static func block(_ service: TaskService) -> [String] {
        var lines: [String] = []
        for camera in service.cameraRows { lines.append(line(camera)) }
        for row in service.rows { lines += [line(row), "    " + times(row), "    " + losses(row)] }
        if let row = service.frequencyRow { lines.append(line(row)) }
        if let reading = service.recordReading { lines.append(RecordText.line(reading)) }
        return lines
    }

    static func objects(_ service: TaskService) -> [String] {
        var lines: [String] = []
        for camera in service.cameraRows { lines.append(object(camera).line) }
        for row in service.rows { lines.append(object(row).line) }
        if let row = service.frequencyRow { lines.append(object(row).line) }
        if let reading = service.recordReading {
            var object = JSONObject()
            object.set("records", RecordText.object(reading))
            lines.append(object.line)
        }
        return lines
    }

    private static func line(_ row: FrequencyRow) -> String {
        var text = "frequency  \(megahertz(row.kilohertz)) of \(megahertz(row.highestKilohertz)), chosen by the tasks' deadlines"
        if row.heatShare < 1 { text += "; heat leaves \(fixed(row.heatShare * 100, decimals: 0)) %" }
        return text
    }

    private static func object(_ row: FrequencyRow) -> JSONObject {
        var object = JSONObject()
        object.set("governor", FrequencyHands.name)
        object.set("kilohertz", row.kilohertz)
        object.set("highestKilohertz", row.highestKilohertz)
        object.set("way", row.way)
        object.set("heatShare", row.heatShare, decimals: 2)
        return object
    }

    private static func line(_ camera: CameraRow) -> String {
        let reading = camera.reading
        var text = "camera \(camera.name)  \(reading.state.name), \(reading.frames) frames, \(reading.lost) lost, "
            + "\(reading.damaged) damaged"
        if reading.losses > 0 { text += ", gone \(reading.losses) times" }
        return text + "; \(camera.title)"
    }

    private static func line(_ row: TaskRow) -> String {
        var text = "task \(row.name)  \(row.state.name)"
        if !row.variant.isEmpty { text += "  \(row.variant)" }
        if !row.label.isEmpty { text += ": \(row.label) \(fixed(row.reading.score, decimals: 2))" + (row.holds ? ", rule holds" : "") }
        return text
    }

    private static func times(_ row: TaskRow) -> String {
        let latencies = row.statistics.latencies.sorted
        func time(_ share: Double) -> String { milliseconds(quantile(latencies, share), decimals: 1) }
        return "\(fixed(row.rateHertz, decimals: 1)) \(row.unit)/s, \(row.statistics.done) answers; latency p50 \(time(0.5)), "
            + "p95 \(time(0.95)), p99 \(time(0.99)) of \(milliseconds(row.deadlineNanoseconds, decimals: 1))"
    }

    private static func losses(_ row: TaskRow) -> String {
        var text = "missed \(row.statistics.missed)"
        for cause in MissCause.allCases where row.statistics.misses(cause) > 0 {
            text += (text.utf8.contains(UInt8(ascii: "(")) ? ", " : " (") + "\(cause.name) \(row.statistics.misses(cause))"
        }
        if row.statistics.missed > 0 { text += ")" }
        text += ", dropped \(row.statistics.dropped), damaged \(row.reading.damaged)"
        if row.switches > 0 { text += ", variant switched \(row.switches) times" }
        return text
    }

    private static func object(_ camera: CameraRow) -> JSONObject {
        var object = JSONObject()
        object.set("camera", camera.name)
        object.set("title", camera.title)
        object.set("state", camera.reading.state.name)
        object.set("frames", Int64(truncatingIfNeeded: camera.reading.frames))
        object.set("lost", Int64(camera.reading.lost))
        object.set("damaged", Int64(camera.reading.damaged))
        object.set("gone", Int64(camera.reading.losses))
        return object
    }

    static func object(_ row: TaskRow) -> JSONObject {
        let statistics = row.statistics, latencies = statistics.latencies.sorted
        func time(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e6 }
        var latency = JSONObject(), misses = JSONObject()
        latency.set("p50", time(quantile(latencies, 0.5)), decimals: 3)
        latency.set("p95", time(quantile(latencies, 0.95)), decimals: 3)
        latency.set("p99", time(quantile(latencies, 0.99)), decimals: 3)
        misses.set("lateStart", statistics.misses(.lateStart))
        misses.set("ownRun", statistics.misses(.ownRun))
        misses.set("frameLate", statistics.misses(.frameLate))
        misses.set("modelLoading", statistics.misses(.modelLoading))
        var object = JSONObject()
        object.set("task", row.name)
        object.set("state", row.state.name)
        object.set("variant", row.variant)
        object.set("framesPerSecond", row.rateHertz, decimals: 2)
        object.set("label", row.label)
        object.set("score", Double(row.reading.score), decimals: 4)
        object.set("holds", row.holds)
        object.set("offered", statistics.offered)
        object.set("answers", statistics.done)
        object.set("dropped", statistics.dropped)
        object.set("damaged", Int64(row.reading.damaged))
        object.set("misses", misses)
        object.set("deadlineMilliseconds", time(row.deadlineNanoseconds), decimals: 3)
        object.set("latencyMilliseconds", latency)
        object.set("predictedMilliseconds", time(row.predictedNanoseconds), decimals: 3)
        object.set("networkMilliseconds", time(row.reading.networkNanoseconds), decimals: 3)
        object.set("jobMilliseconds", time(quantile(statistics.runs.sorted, 0.5)), decimals: 3)
        object.set("schedulerMicroseconds", statistics.done > 0 ? Double(statistics.bookkeeping) / 1e3 / Double(statistics.done) : 0,
                   decimals: 3)
        object.set("switches", row.switches)
        object.set("switchMilliseconds", time(row.switchNanoseconds), decimals: 3)
        return object
    }
}
