import Device
import MQTT
import Platform
import Tasks

extension Publishing {
    /// What a broker is told first, on every connection: it may have forgotten everything, and states may have changed without a
    /// witness. All of it retained.
    var greeting: [[UInt8]] {
        var packets: [[UInt8]] = []
        func add(_ topic: String, _ payload: String) {
            packets.append(PacketWriter.publish(topic: topic, payload: payload, isRetained: true))
        }
        add(topics.availability, "online")
        if announcesToHomeAssistant { HomeAssistant(topics, device.configuration).forEach { add($0, $1) } }
        for (task, rules) in heldRules {
            for (index, holds) in rules.enumerated() { add(topics.rule(index + 1, task: task), PublishedTopics.word(holds)) }
        }
        device.lock.lock()
        let outputs = device.outputs
        device.lock.unlock()
        for output in outputs where isConfigured(output: output.name) {
            add(topics.output(output.name), PublishedTopics.word(output.isOn))
        }
        for input in device.watch?.inputs ?? [] {
            if let level = input.level { add(topics.input(input.name), PublishedTopics.word(level)) }
        }
        for track in device.tracks {
            add(topics.state(imu: track.source.name), Self.payload(ofState: track.health.read().state.name))
        }
        for meter in device.meters { add(topics.state(meter: meter.source.name), Self.payload(ofState: meter.health.read().state.name)) }
        if let microphone = device.microphone { add(topics.microphone, Self.payload(ofState: microphone.reading.read().state.name)) }
        return packets
    }
}
