import Platform
import Tasks

/// Records as text: the file that says what is in one, and what `records` tells of it.
enum RecordText {
    static let fileName = "record.json"
    /// More than two minutes of frames have times.
    private static let largest = 1 << 20

    /// The text of record.json.
    static func file(_ summary: RecordSummary) -> [UInt8] {
        var object = JSONObject()
        object.set("task", summary.task)
        object.set("rule", summary.events.first?.rule ?? "")
        object.set("score", Double(summary.events.first?.score ?? 0), decimals: 4)
        object.set("time", CivilTime(summary.wallNanoseconds).text)
        object.set("seconds", summary.seconds, decimals: 3)
        object.set("eventSeconds", summary.eventSeconds, decimals: 3)
        object.set("events", summary.events.map { event in
            var entry = JSONObject()
            entry.set("rule", event.rule)
            entry.set("score", Double(event.score), decimals: 4)
            entry.set("seconds", event.seconds, decimals: 3)
            return entry
        })
        if let frames = summary.frames { object.set("frames", self.object(frames)) }
        object.set("motion", summary.motions.map { self.object($0) })
        if let sound = summary.sound { object.set("sound", self.object(sound)) }
        object.set("lost", summary.lost)
        object.set("full", summary.isFull)
        object.set("longest", summary.isLongest)
        object.set("cutOff", summary.isCutOff)
        return Array((object.line + "\n").utf8)
    }

    private static func object(_ frames: RecordSummary.Frames) -> JSONObject {
        var object = JSONObject()
        object.set("camera", frames.camera)
        object.set("file", frames.file)
        object.set("format", frames.format)
        object.set("frames", frames.count)
        object.set("bytes", frames.bytes)
        object.set("lost", frames.lost)
        object.set("seconds", frames.seconds, decimals: 3)
        return object
    }

    private static func object(_ motion: RecordSummary.Motion) -> JSONObject {
        var object = JSONObject()
        object.set("sensor", motion.sensor)
        object.set("file", motion.file)
        object.set("samples", motion.count)
        object.set("lost", motion.lost)
        object.set("startSeconds", motion.startSeconds, decimals: 4)
        return object
    }

    private static func object(_ sound: RecordSummary.Sound) -> JSONObject {
        var object = JSONObject()
        object.set("file", sound.file)
        object.set("rateHertz", sound.rateHertz)
        object.set("samples", sound.count)
        object.set("lost", sound.lost)
        object.set("startSeconds", sound.startSeconds, decimals: 4)
        return object
    }

    /// A record of the folder, as `records` tells it. Nothing of the file is trusted.
    static func row(_ folder: String, _ name: String) -> Row {
        var row = Row(name: name, bytes: FolderStore.bytes(of: name, in: folder))
        let path = folder + "/" + name + "/" + fileName
        do throws(Failure) {
            // No pipe can hold the console: a mapping is of a regular file.
            let file = try MappedFile(path: path, limit: largest), value = try JSONValue(Array(file.bytes), name: path)
            row.task = value["task"]?.text ?? ""
            row.rule = value["rule"]?.text ?? ""
            row.time = value["time"]?.text ?? ""
            row.score = value["score"]?.number ?? 0
            row.seconds = value["seconds"]?.number ?? 0
            row.lost = Int(exactly: (value["lost"]?.number ?? 0).rounded()) ?? 0
        } catch { row.complaint = error.description }
        return row
    }

    struct Row {
        let name: String
        let bytes: Int64
        var task = "", rule = "", time = "", complaint = ""
        var score = 0.0, seconds = 0.0
        var lost = 0

        init(name: String, bytes: Int64) {
            self.name = name
            self.bytes = bytes
        }

        var line: String {
            guard complaint.isEmpty else { return ShownText.line("\(name)  \(megabytes(bytes)): \(complaint)") }
            let text = "\(name)  \(time)  \(task): \(rule) (\(fixed(score, decimals: 2))), \(fixed(seconds, decimals: 1)) s, "
                + megabytes(bytes) + (lost > 0 ? ", \(lost) frames or samples lost" : "")
            return ShownText.line(text)
        }

        var object: JSONObject {
            var object = JSONObject()
            object.set("record", name)
            object.set("bytes", bytes)
            if complaint.isEmpty {
                object.set("time", time)
                object.set("task", task)
                object.set("rule", rule)
                object.set("score", score, decimals: 4)
                object.set("seconds", seconds, decimals: 3)
                object.set("lost", lost)
            } else { object.set("error", complaint) }
            return object
        }
    }

    /// How records fare in a running firmware: "records    3 kept, …".
    static func line(_ reading: RecordReading) -> String {
        var text = "records    \(reading.kept) kept since the start, \(reading.lost) lost"
        if reading.running > 0 { text += ", \(reading.running) being written" }
        if reading.left > 0 { text += ", \(reading.left) old ones left" }
        return text + "; \(megabytes(reading.bytes)) in the folder, \(megabytes(reading.memoryBytes)) of memory"
    }

    static func object(_ reading: RecordReading) -> JSONObject {
        var object = JSONObject()
        object.set("kept", reading.kept)
        object.set("lost", reading.lost)
        object.set("left", reading.left)
        object.set("running", reading.running)
        object.set("bytes", reading.bytes)
        object.set("memoryBytes", reading.memoryBytes)
        return object
    }
}
