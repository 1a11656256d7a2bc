import CLinux
import Configuration
import Console
import Device
import Platform
import Sensors

let calibrate = Command(
    name: "calibrate", usage: "[gyroscope | accelerometer | magnetometer | show | clear] [SENSOR] [options]",
    summary: "Guides through a sensor's calibration and keeps it.",
    options: [OptionSpecification("--seconds", "N", "give up after so long (default 300)")],
    examples: ["calibrate gyroscope", "calibrate accelerometer", "calibrate magnetometer",
               "calibrate show"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    let track = try device.track(named: arguments.positional.count > 1 ? arguments.positional[1] : nil)
    let store = CalibrationStore(device, track)
    let present = try store.read()
    switch arguments.positional.first ?? "show" {
    case "show":
        for line in CalibrationStore.lines(present) { context.output(line) }
        return
    case "clear":
        try store.keep(SensorCalibration())
        context.output("\(track.source.name): no calibration any more")
        return
    case "gyroscope", "accelerometer", "magnetometer": break
    case let word: throw Failure(.usage, "calibrate \(word): gyroscope, accelerometer, magnetometer, show or clear is expected")
    }
    guard track.health.read().state == .running else {
        throw Failure(.inputOutput, "\(track.source.name) is \(track.health.read().state.name); `sensors` says why")
    }
    guard track.claimRecording() else { throw Failure(.usage, "\(track.source.name) is being recorded or calibrated already") }
    defer { track.releaseRecording() }
    // What is measured must not be corrected already.
    track.source.requests.push(.calibrate(SensorCalibration()))
    var guide = CalibrationGuide(context, track, seconds: try arguments.integer("--seconds", in: 1...3600) ?? 300)
    var result = present
    do throws(Failure) {
        switch arguments.positional[0] {
        case "gyroscope": try guide.gyroscope(&result)
        case "accelerometer": try guide.accelerometer(&result)
        default: try guide.magnetometer(&result)
        }
        try store.keep(result)
    } catch {
        track.source.requests.push(.calibrate(present))
        throw error
    }
    context.output("kept in \(store.path)")
}

/// Where a sensor's calibration is kept.
struct CalibrationStore {
    private let device: Device
    private let track: SensorTrack
    let path: String

    init(_ device: Device, _ track: SensorTrack) {
        self.device = device
        self.track = track
        path = device.configuration.calibrationPath(of: track.source.name)
    }

    func read() throws(Failure) -> SensorCalibration {
        File.exists(path) ? try CalibrationFile.read(path)[track.source.name] : SensorCalibration()
    }

    /// To storage, and to the sensor.
    func keep(_ calibration: SensorCalibration) throws(Failure) {
        device.lock.lock()
        defer { device.lock.unlock() }
        var file = CalibrationFile()
        if File.exists(path) { file = try CalibrationFile.read(path) }
        file[track.source.name] = calibration
        mkdir(device.configuration.stateFolder, 0o755)
        try file.write(path)
        track.source.requests.push(.calibrate(calibration))
    }

    static func lines(_ c: SensorCalibration) -> [String] {
        func rows(_ m: Matrix3) -> String {
            "\(IMUText.vector(m.x, decimals: 4, width: 8)) |\(IMUText.vector(m.y, decimals: 4, width: 8)) "
                + "|\(IMUText.vector(m.z, decimals: 4, width: 8))"
        }
        return [
            "gyroscope bias        \(IMUText.vector(c.gyroscopeBias * IMUText.degrees, decimals: 4, width: 9)) °/s",
            "accelerometer offset  \(IMUText.vector(c.accelerometerOffset, decimals: 4, width: 9)) m/s²",
            "accelerometer columns \(rows(c.accelerometerMatrix))",
            "magnetometer offset   \(IMUText.vector(c.magnetometerOffset, decimals: 2, width: 9)) µT",
            "magnetometer columns  \(rows(c.magnetometerMatrix))",
        ]
    }
}

/// Feeds samples to a calibration and tells a person what to do.
private struct CalibrationGuide {
    let context: Context
    let track: SensorTrack
    private let end: Int64
    private var said = ""

    init(_ context: Context, _ track: SensorTrack, seconds: Int) {
        self.context = context
        self.track = track
        end = monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
    }

    /// Calls `take` with every sample until it returns true. `tell` is what to do now, and how far it is (0 to 1).
    private mutating func collect(_ take: (InertialSample) -> Bool, tell: () -> (text: String, progress: Float)) throws(Failure) {
        // Samples from before the correction was lifted.
        guard context.pause(milliseconds: 300) else { throw Failure(.usage, "cancelled; the calibration is as it was") }
        while track.recording.pop() != nil {}
        while true {
            var isDone = false
            while let sample = track.recording.pop() {
                if take(sample) {
                    isDone = true
                    break
                }
            }
            let (text, progress) = tell()
            if context.isInteractive {
                let filled = Int(max(0, min(1, progress)) * 20)
                context.console?.redraw([text, "[\(repeated("#", filled))\(repeated(".", 20 - filled))]"])
            } else if text != said {
                context.output(text)
                said = text
            }
            if isDone { return }
            guard monotonicNanoseconds() < end else { throw Failure(.usage, "not finished in time; the calibration is as it was") }
            guard context.pause(milliseconds: 50), context.device?.isEnding != true else {
                throw Failure(.usage, "cancelled; the calibration is as it was")
            }
        }
    }

    mutating func gyroscope(_ result: inout SensorCalibration) throws(Failure) {
        var work = GyroscopeCalibration()
        try collect({ sample in
            work.add(sample)
            return work.bias != nil
        }, tell: { ("lay the board down and leave it alone for three seconds", work.progress) })
        guard let bias = work.bias else { return }
        result.gyroscopeBias = bias
        context.output("gyroscope bias \(IMUText.vector(bias * IMUText.degrees, decimals: 4, width: 8)) °/s")
    }

    mutating func accelerometer(_ result: inout SensorCalibration) throws(Failure) {
        var work = AccelerometerCalibration()
        try collect({ sample in
            _ = work.add(sample)
            return work.isComplete
        }, tell: {
            var names: [String] = []
            for face in work.missing { names.append(face.name) }
            return ("hold the board still with one of these up: \(names.joinedByCommas)", work.progress)
        })
        try work.apply(to: &result)
        context.output("accelerometer offset \(IMUText.vector(result.accelerometerOffset, decimals: 4, width: 8)) m/s² from "
                       + "\(work.positions) positions")
    }

    mutating func magnetometer(_ result: inout SensorCalibration) throws(Failure) {
        guard track.reading.read().is9D else { throw Failure(.usage, "\(track.source.name) has no magnetometer") }
        var work = MagnetometerCalibration()
        try collect({ sample in
            work.add(sample)
            return work.coverage >= 0.8 && work.samples >= 200
        }, tell: { ("turn the board slowly through every direction, away from iron", work.coverage / 0.8) })
        let (field, residual) = try work.apply(to: &result)
        context.output("field \(fixed(field, decimals: 1)) µT, offset \(IMUText.vector(result.magnetometerOffset, decimals: 2, width: 8)) "
                       + "µT, \(fixed(residual * 100, decimals: 1)) % left over")
    }
}
