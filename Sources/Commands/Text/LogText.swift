import Configuration
import Device
import Platform

/// Lines of the log as people and machines read them.
extension LogLine {
    var shown: String { "[\(padLeft(fixed(Double(sinceStart) / 1e9, decimals: 3), 9))] \(level == .info ? "" : level.name + ": ")\(text)" }

    var json: JSONObject {
        var object = JSONObject()
        object.set("log", level.name)
        object.set("seconds", Double(sinceStart) / 1e9, decimals: 3)
        if let eventTime { object.set("time_s", Double(eventTime) * 1e-9, decimals: 6) }
        object.set("text", text)
        return object
    }
}
