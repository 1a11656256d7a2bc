import Configuration
import Platform

/// What this device calls itself and its topics at the broker. Names of the configuration are letters, digits, `.`, `_` and `-`,
/// so that each is one level of a topic.
struct PublishedTopics {
    /// The device's name.
    let name: String
    /// What all its topics begin with.
    let prefix: String

    init(_ broker: DeviceConfiguration.Broker) {
        name = broker.name ?? Self.hostName
        prefix = broker.topic ?? "swiftlet/" + name
    }

    /// "online" or "offline".
    var availability: String { prefix + "/availability" }
    /// Lines of the log that matter.
    var log: String { prefix + "/log" }
    /// How a task does; a rule that fired; whether a rule holds, "ON" or "OFF". `rule` counts from 1.
    func state(task: String) -> String { "\(prefix)/task/\(task)/state" }
    func event(task: String) -> String { "\(prefix)/task/\(task)/event" }
    func rule(_ rule: Int, task: String) -> String { "\(prefix)/task/\(task)/rule/\(rule)" }
    /// "ON" or "OFF".
    func input(_ name: String) -> String { "\(prefix)/input/\(name)" }
    func output(_ name: String) -> String { "\(prefix)/output/\(name)" }
    /// How a sensor does: running, recovering, not found.
    func state(imu: String) -> String { "\(prefix)/imu/\(imu)/state" }
    func state(meter: String) -> String { "\(prefix)/meter/\(meter)/state" }
    var microphone: String { prefix + "/microphone/state" }
    /// What a power monitor measures.
    func power(meter: String) -> String { "\(prefix)/meter/\(meter)/power" }

    static func word(_ isOn: Bool) -> String { isOn ? "ON" : "OFF" }

    /// The machine's, as a name in a configuration may be; "swiftlet" where it has none.
    private static var hostName: String {
        var bytes: [UInt8] = []
        for byte in splitWords(File.text("/proc/sys/kernel/hostname", limit: 256) ?? "").first?.utf8.prefix(32) ?? "".utf8.prefix(0) {
            let isKept = (byte >= 48 && byte <= 57) || (byte | 0x20 >= 97 && byte | 0x20 <= 122) || byte == 45 || byte == 46 || byte == 95
            bytes.append(isKept ? byte : 45)
        }
        return bytes.isEmpty ? "swiftlet" : String(decoding: bytes, as: UTF8.self)
    }
}
