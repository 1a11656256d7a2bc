import MQTT
import Platform

/// How the firmware stands with its broker, as text.
enum PublishingText {
    static func lines(_ publishing: Publishing) -> [String] {
        let status = publishing.status
        let since = DeviceStatus.duration(seconds(status))
        var text = "broker     \(publishing.address): "
        if status.isConnected {
            text += "connected for \(since)"
        } else {
            text += "not connected for \(since), \(status.failures) attempts"
            if !status.reason.isEmpty { text += "; \(status.reason)" }
        }
        let messages = "\(status.sent) messages sent, \(status.waiting) wait, \(status.dropped) dropped"
        return [text, "           \(publishing.topics.prefix): \(messages)"]
    }

    static func object(_ publishing: Publishing) -> JSONObject {
        let status = publishing.status
        var object = JSONObject()
        object.set("address", publishing.address)
        object.set("topic", publishing.topics.prefix)
        object.set("connected", status.isConnected)
        object.set("sinceSeconds", seconds(status))
        object.set("failures", status.failures)
        object.set("reason", status.reason)
        object.set("sent", status.sent)
        object.set("waiting", status.waiting)
        object.set("dropped", status.dropped)
        return object
    }

    private static func seconds(_ status: ClientStatus) -> Int64 {
        max(0, (monotonicNanoseconds() - status.sinceNanoseconds) / 1_000_000_000)
    }
}
