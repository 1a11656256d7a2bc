import Platform
import Pose

let imu = Command(
    name: "imu", usage: "[SENSOR] [options]",
    summary: "Shows a motion sensor's values as they come.",
    options: [
        OptionSpecification("--seconds", "N", "show for so long (default: until a key is pressed; 2 in a script)"),
        OptionSpecification("--rate", "HZ", "lines a second (default 10)"),
        SharedOptions.json,
    ],
    examples: ["imu", "imu --seconds 5 --rate 2 --json"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    let track = try device.track(named: arguments.positional.first)
    let display = LiveDisplay(context, seconds: try arguments.integer("--seconds", in: 1...86_400), rateHertz: try arguments.integer("--rate", in: 1...50) ?? 10)
    let json = arguments.has("--json")
    display.run { context in
        let reading = track.reading.read()
        if json {
            context.output(IMUText.object(track, reading).line)
        } else if context.isInteractive {
            context.console?.redraw(IMUText.block(track, reading))
        } else {
            context.output(IMUText.line(track, reading))
        }
    }
}

/// Readings of a motion sensor as text.
enum IMUText {
    static let degrees: Float = 57.29578

    static func vector(_ v: SIMD3<Float>, decimals: Int, width: Int) -> String {
        "\(padLeft(fixed(v.x, decimals: decimals), width)) \(padLeft(fixed(v.y, decimals: decimals), width)) \(padLeft(fixed(v.z, decimals: decimals), width))"
    }

    static func line(_ track: SensorTrack, _ reading: SensorReading) -> String {
        var text = "\(track.source.name) acc \(vector(reading.sample.acceleration, decimals: 3, width: 8)) m/s²  gyr \(vector(reading.sample.angularRate, decimals: 4, width: 8)) rad/s"
        if reading.is9D { text += "  mag \(vector(reading.magneticField, decimals: 1, width: 6)) µT" }
        return text
    }

    static func block(_ track: SensorTrack, _ reading: SensorReading) -> [String] {
        let health = track.health.read()
        return [
            "\(track.source.name)  \(track.source.title)  \(health.state.name), \(reading.samples) samples, \(fixed(health.rateHertz, decimals: 1)) Hz",
            "  acceleration  \(vector(reading.sample.acceleration, decimals: 3, width: 9)) m/s²",
            "  angular rate  \(vector(reading.sample.angularRate, decimals: 4, width: 9)) rad/s",
            "  field         \(reading.is9D ? vector(reading.magneticField, decimals: 1, width: 9) + " µT" : "none")",
            "  temperature   \(reading.sample.temperatureCelsius.isNaN ? "unknown" : padLeft(fixed(reading.sample.temperatureCelsius, decimals: 1), 9) + " °C")",
            "  any key ends",
        ]
    }

    static func object(_ track: SensorTrack, _ reading: SensorReading) -> JSONObject {
        var object = JSONObject()
        object.set("sensor", track.source.name)
        object.set("time_s", Double(reading.sample.timestampNanoseconds) * 1e-9, decimals: 6)
        object.set("samples", Int(truncatingIfNeeded: reading.samples))
        for (name, v, decimals) in [("acc", reading.sample.acceleration, 4), ("gyr", reading.sample.angularRate, 5), ("mag", reading.magneticField, 2)] {
            object.set(name + "_x", Double(v.x), decimals: decimals)
            object.set(name + "_y", Double(v.y), decimals: decimals)
            object.set(name + "_z", Double(v.z), decimals: decimals)
        }
        object.set("celsius", Double(reading.sample.temperatureCelsius), decimals: 2)
        return object
    }
}
