import Board
import Device
import Platform
import Pose
import Sensors

let sensors = Command(
    name: "sensors", usage: "[SENSOR] [options]", summary: "Lists the sensors with rate, jitter, latency and faults.",
    options: [SharedOptions.json], examples: ["sensors", "sensors --json"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    var tracks = device.tracks
    if let name = arguments.positional.first { tracks = [try device.track(named: name)] }
    for track in tracks {
        if arguments.has("--json") {
            context.output(SensorText.object(track).line)
            continue
        }
        let health = track.health.read(), reading = track.reading.read()
        context.output("\(track.source.name): \(track.source.title)")
        context.output("  \(health.state.name), \(SensorText.rates(health)), \(reading.samples) samples")
        if reading.samples > 0 {
            context.output("  attitude \(fixed(health.latencyMicroseconds / 1000, decimals: 2)) ms behind the motion, at most "
                           + "\(fixed(health.largestLatencyMicroseconds / 1000, decimals: 2)) ms")
            let filter = reading.filterCounters
            if filter != PoseCounters() {
                context.output("  filter: \(filter.badSamples) bad readings, \(filter.badIntervals) bad times, \(filter.gaps) gaps, "
                               + "\(filter.saturations) saturated")
            }
        }
        context.output("  \(SensorText.faults(health.counters))")
    }
    if tracks.isEmpty, !arguments.has("--json") { context.output("no motion sensor is configured; [imu] in the configuration adds one") }
}

/// A sensor's health as text.
enum SensorText {
    static func rates(_ health: SensorHealth) -> String {
        "\(fixed(health.rateHertz, decimals: 1)) Hz, jitter \(fixed(health.jitterMicroseconds, decimals: 0)) µs"
    }

    /// "no faults", "3 chip resets, 1 time-outs".
    static func faults(_ counters: SensorCounters) -> String {
        var text = ""
        SensorFault.forEach { fault in
            let count = fault.count(in: counters)
            if count > 0 { text += (text.isEmpty ? "" : ", ") + "\(fault.name) \(count)" }
        }
        return text.isEmpty ? "no faults" : text
    }

    static func object(_ track: SensorTrack) -> JSONObject {
        let health = track.health.read(), reading = track.reading.read()
        var object = JSONObject()
        object.set("sensor", track.source.name)
        object.set("title", track.source.title)
        object.set("state", health.state.name)
        object.set("rateHertz", Double(health.rateHertz), decimals: 3)
        object.set("jitterMicroseconds", Double(health.jitterMicroseconds), decimals: 1)
        object.set("latencyMicroseconds", Double(health.latencyMicroseconds), decimals: 1)
        object.set("largestLatencyMicroseconds", Double(health.largestLatencyMicroseconds), decimals: 1)
        object.set("samples", Int64(truncatingIfNeeded: reading.samples))
        var faults = JSONObject()
        SensorFault.forEach { fault in faults.set(fault.key, Int64(fault.count(in: health.counters))) }
        object.set("faults", faults)
        if reading.samples > 0 {
            let angles = reading.attitude.eulerDegrees
            for (name, value) in [("roll_deg", angles.x), ("pitch_deg", angles.y), ("yaw_deg", angles.z)] {
                object.set(name, Double(value), decimals: 3)
            }
            object.set("resting", reading.isResting)
            object.set("disturbed", reading.isDisturbed)
        }
        return object
    }
}
