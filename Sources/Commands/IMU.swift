import Board
import Device
import Platform
import Pose
import Sensors

let imu = Command(
    name: "imu", usage: "[SENSOR] [options] | record FILE [SENSOR] [options] | test [SENSOR]",
    summary: "Shows a motion sensor's values as they come, records them, or lets the chip test itself.",
    options: [
        OptionSpecification("--seconds", "N", "show for so long (default: until a key is pressed; 2 in a script)"),
        OptionSpecification("--rate", "HZ", "lines a second (default 10)"),
        OptionSpecification("--limit", "BYTES", "record: the file never grows larger (default 64M)"),
        SharedOptions.json,
    ],
    examples: ["imu", "imu --seconds 5 --rate 2 --json", "imu record walk.imu --seconds 60",
               "imu test"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    if arguments.positional.first == "record" {
        guard (2...3).contains(arguments.positional.count) else { throw Failure(.usage, "imu record needs a file") }
        try recordSamples(context, arguments, file: arguments.positional[1],
                          sensor: arguments.positional.count > 2 ? arguments.positional[2] : nil)
        return
    }
    if arguments.positional.first == "test" {
        try testSensor(context, try device.track(named: arguments.positional.count > 1 ? arguments.positional[1] : nil))
        return
    }
    let track = try device.track(named: arguments.positional.first)
    let display = LiveDisplay(context, seconds: try arguments.integer("--seconds", in: 1...86_400),
                              rateHertz: try arguments.integer("--rate", in: 1...50) ?? 10)
    let json = arguments.has("--json")
    display.run { context in
        let reading = track.reading.read()
        guard reading.samples > 0 else {
            if !json, !context.isInteractive { context.output("\(track.source.name): no samples yet") }
            return
        }
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
        "\(padLeft(fixed(v.x, decimals: decimals), width)) \(padLeft(fixed(v.y, decimals: decimals), width)) "
            + "\(padLeft(fixed(v.z, decimals: decimals), width))"
    }

    static func line(_ track: SensorTrack, _ reading: SensorReading) -> String {
        var text = "\(track.source.name) acc \(vector(reading.sample.acceleration, decimals: 3, width: 8)) m/s²  gyr "
            + "\(vector(reading.sample.angularRate, decimals: 4, width: 8)) rad/s"
        if reading.is9D { text += "  mag \(vector(reading.magneticField, decimals: 1, width: 6)) µT" }
        return text
    }

    static func block(_ track: SensorTrack, _ reading: SensorReading) -> [String] {
        let health = track.health.read(), celsius = reading.sample.temperatureCelsius
        return [
            "\(track.source.name)  \(track.source.title)  \(health.state.name), \(reading.samples) samples, "
                + "\(fixed(health.rateHertz, decimals: 1)) Hz",
            "  acceleration  \(vector(reading.sample.acceleration, decimals: 3, width: 9)) m/s²",
            "  angular rate  \(vector(reading.sample.angularRate, decimals: 4, width: 9)) rad/s",
            "  field         \(reading.is9D ? vector(reading.magneticField, decimals: 1, width: 9) + " µT" : "none")",
            "  temperature   \(celsius.isNaN ? "unknown" : padLeft(fixed(celsius, decimals: 1), 9) + " °C")",
            "  any key ends",
        ]
    }

    static func object(_ track: SensorTrack, _ reading: SensorReading) -> JSONObject {
        var object = JSONObject()
        object.set("sensor", track.source.name)
        object.set("time_s", Double(reading.sample.timestampNanoseconds) * 1e-9, decimals: 6)
        object.set("samples", Int64(truncatingIfNeeded: reading.samples))
        for (name, v, decimals) in [("acc", reading.sample.acceleration, 4), ("gyr", reading.sample.angularRate, 5),
                                    ("mag", reading.magneticField, 2)] {
            object.set(name + "_x", Double(v.x), decimals: decimals)
            object.set(name + "_y", Double(v.y), decimals: decimals)
            object.set(name + "_z", Double(v.z), decimals: decimals)
        }
        object.set("celsius", Double(reading.sample.temperatureCelsius), decimals: 2)
        return object
    }
}

/// The chip's own test: about half a second without samples.
private func testSensor(_ context: Context, _ track: SensorTrack) throws(Failure) {
    guard track.health.read().state == .running else {
        throw Failure(.inputOutput, "\(track.source.name) is \(track.health.read().state.name); it can't be tested now")
    }
    track.source.requests.push(.selfTest)
    // The request has been taken by then: what is read is not an older result.
    guard context.pause(milliseconds: 300) else { return }
    for _ in 0..<50 {
        guard context.pause(milliseconds: 100) else { return }
        if let result = track.selfTest.read() {
            let text: String
            switch result.verdict {
            case .passed: text = "passed"
            case .accelerometerFailed: text = "accelerometer failed"
            case .gyroscopeFailed: text = "gyroscope failed"
            case .bothFailed: text = "accelerometer and gyroscope failed"
            case .interrupted: text = "interrupted by a fault"
            }
            context.output("\(track.source.name) self-test: \(text)")
            if result.verdict != .passed { context.hadErrors = true }
            return
        }
    }
    throw Failure(.inputOutput, "\(track.source.name) did not answer within 5 seconds")
}
