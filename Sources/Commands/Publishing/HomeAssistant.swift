import Configuration
import Device
import Platform

/// Home Assistant's MQTT discovery: a retained configuration for each thing that it is to show. What is announced can be read
/// only: nothing is subscribed to.
struct HomeAssistant {
    static let prefix = "homeassistant"
    private let topics: PublishedTopics
    private let device: DeviceConfiguration

    init(_ topics: PublishedTopics, _ device: DeviceConfiguration) {
        self.topics = topics
        self.device = device
    }

    /// Calls the body with every topic and payload.
    func forEach(_ body: (_ topic: String, _ payload: String) -> Void) {
        for task in device.tasks {
            for (index, rule) in task.rules.enumerated() {
                let id = "task_\(task.name)_rule_\(index + 1)"
                announce("binary_sensor", id, named: "\(task.name): \(rule.title)", at: topics.rule(index + 1, task: task.name), body: body)
            }
        }
        for input in device.inputs {
            announce("binary_sensor", "input_\(input.name)", named: input.name, at: topics.input(input.name), body: body)
        }
        for output in device.outputs {
            announce("binary_sensor", "output_\(output.name)", named: output.name, at: topics.output(output.name), body: body)
        }
        for meter in device.meters {
            let topic = topics.power(meter: meter.name)
            announce("sensor", "meter_\(meter.name)_power", named: "\(meter.name) power", at: topic, set: { object in
                object.set("device_class", "power")
                object.set("state_class", "measurement")
                object.set("unit_of_measurement", "W")
                object.set("value_template", "{{ value_json.watts }}")
            }, body: body)
        }
    }

    private func announce(_ component: String, _ id: String, named name: String, at topic: String,
                          set: (inout JSONObject) -> Void = { _ in }, body: (String, String) -> Void) {
        let node = Self.identifier(topics.name), id = Self.identifier(id)
        var maker = JSONObject()
        maker.set("identifiers", ["swiftlet_\(node)"])
        maker.set("name", topics.name)
        maker.set("manufacturer", "Swiftlet")
        maker.set("sw_version", version)
        var object = JSONObject()
        object.set("name", name)
        object.set("unique_id", "swiftlet_\(node)_\(id)")
        object.set("state_topic", topic)
        object.set("availability_topic", topics.availability)
        set(&object)
        object.set("device", maker)
        body("\(Self.prefix)/\(component)/swiftlet_\(node)/\(id)/config", object.line)
    }

    /// Letters, digits, `_` and `-`, as it wants them.
    private static func identifier(_ name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8 { bytes.append(byte == UInt8(ascii: ".") ? UInt8(ascii: "_") : byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
