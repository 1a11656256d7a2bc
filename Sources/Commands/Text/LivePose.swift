import Board
import Console
import Device
import Platform
import Pose
import Sensors

/// `pose` on the console: the attitude as it is now.
func showLivePose(_ context: Context, _ arguments: Arguments) throws(Failure) {
    let device = try context.runningDevice()
    let track = try device.track(named: arguments.positional.first)
    let display = LiveDisplay(context, seconds: try arguments.integer("--seconds", in: 1...86_400),
                              rateHertz: context.isInteractive ? 10 : 5)
    let json = arguments.has("--json")
    var lines = [Sparkline(width: 48), Sparkline(width: 48), Sparkline(width: 48)]
    display.run { context in
        let reading = track.reading.read()
        guard reading.samples > 0 else {
            if !context.isInteractive, !json { context.output("\(track.source.name): no samples yet") }
            return
        }
        let angles = reading.attitude.eulerDegrees
        for axis in 0..<3 { lines[axis].add(angles[axis]) }
        if json {
            context.output(LivePoseText.object(track, reading).line)
        } else if context.isInteractive {
            context.console?.redraw(LivePoseText.block(track, reading, lines))
        } else {
            context.output(LivePoseText.line(track, reading))
        }
    }
    if !context.isInteractive, !json, track.reading.read().samples > 0 {
        for (axis, name) in ["roll ", "pitch", "yaw  "].enumerated() { context.output("\(name) \(lines[axis].text)") }
    }
}

enum LivePoseText {
    static func flags(_ reading: SensorReading) -> String {
        (reading.isResting ? "at rest" : "in motion") + (reading.is9D ? reading.isDisturbed ? ", field disturbed" : ", field good"
                                                         : ", no magnetometer")
    }

    static func angles(_ reading: SensorReading) -> String {
        let angles = reading.attitude.eulerDegrees
        return "roll \(padLeft(fixed(angles.x, decimals: 2), 7))°  pitch \(padLeft(fixed(angles.y, decimals: 2), 7))°  yaw "
            + "\(padLeft(fixed(angles.z, decimals: 2), 7))°"
    }

    static func line(_ track: SensorTrack, _ reading: SensorReading) -> String {
        "\(track.source.name) \(angles(reading))  \(flags(reading))"
    }

    static func block(_ track: SensorTrack, _ reading: SensorReading, _ lines: [Sparkline]) -> [String] {
        let angles = reading.attitude.eulerDegrees
        let health = track.health.read()
        var rows = ["\(track.source.name)  \(health.state.name), \(fixed(health.rateHertz, decimals: 1)) Hz, \(flags(reading))"]
        for (axis, name) in ["roll ", "pitch", "yaw  "].enumerated() {
            rows.append("  \(name) \(padLeft(fixed(angles[axis], decimals: 2), 8))°  \(lines[axis].text)")
        }
        rows.append("  rate  \(IMUText.vector(reading.rate * IMUText.degrees, decimals: 2, width: 8)) °/s")
        rows.append("  bias  \(IMUText.vector(reading.bias * IMUText.degrees, decimals: 3, width: 8)) °/s, deviation "
                    + "\(fixed(reading.biasDeviation * IMUText.degrees, decimals: 3)) °/s")
        rows.append("  linear acceleration \(IMUText.vector(reading.linearAcceleration, decimals: 2, width: 7)) m/s²")
        rows.append("  any key ends")
        return rows
    }

    static func object(_ track: SensorTrack, _ reading: SensorReading) -> JSONObject {
        var object = JSONObject()
        object.set("sensor", track.source.name)
        object.set("time_s", Double(reading.sample.timestampNanoseconds) * 1e-9, decimals: 6)
        object.set("samples", Int64(truncatingIfNeeded: reading.samples))
        let q = reading.attitude, angles = q.eulerDegrees
        for (name, value) in [("q_w", q.w), ("q_x", q.x), ("q_y", q.y), ("q_z", q.z)] { object.set(name, Double(value), decimals: 7) }
        for (name, value) in [("roll_deg", angles.x), ("pitch_deg", angles.y), ("yaw_deg", angles.z)] {
            object.set(name, Double(value), decimals: 3)
        }
        for (axis, name) in ["x", "y", "z"].enumerated() {
            object.set("rate_\(name)_deg_s", Double(reading.rate[axis] * IMUText.degrees), decimals: 3)
            object.set("bias_\(name)_deg_s", Double(reading.bias[axis] * IMUText.degrees), decimals: 4)
            object.set("lin_acc_\(name)", Double(reading.linearAcceleration[axis]), decimals: 3)
        }
        object.set("resting", reading.isResting)
        object.set("disturbed", reading.isDisturbed)
        object.set("mode", reading.is9D ? "9D" : "6D")
        return object
    }
}

/// The last values as a row of bars, scaled to what is in it.
struct Sparkline {
    let width: Int
    private var values: [Float] = []
    private static let bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    init(width: Int) { self.width = width }

    mutating func add(_ value: Float) {
        if values.count == width { values.removeFirst() }
        values.append(value)
    }

    var text: String {
        guard var low = values.first, var high = values.first else { return "" }
        for value in values {
            low = min(low, value)
            high = max(high, value)
        }
        // Noise of less than a degree is a flat line, not a mountain range.
        let span = max(high - low, 1)
        var text = ""
        for value in values where value.isFinite { text += Self.bars[min(7, max(0, Int((value - low) / span * 7.99)))] }
        return text
    }
}
