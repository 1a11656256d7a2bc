import Board
import Platform
import Pose

/// A recorded motion log as a sensor, without chips or a bus between: in real time, or as fast as it goes.
final class LogSource: InertialSource {
    let name: String
    let title: String
    let nominalRateHertz: Float
    private var log: PoseLog
    private let isFast: Bool
    private let intervalNanoseconds: Int64
    private var start: Int64?
    private var rows: Int64 = 0
    private var firstSeconds = Double.nan
    private var waiting: InertialSample?
    private(set) var counters = SensorCounters()
    private(set) var state = SensorState.starting

    init(path: String, name: String, rateHertz: Float, isFast: Bool) throws(Failure) {
        log = try PoseLog(path: path)
        self.name = name
        self.isFast = isFast
        nominalRateHertz = rateHertz
        title = path
        intervalNanoseconds = Int64(1e9 / Double(rateHertz))
    }

    func update(now: Int64) -> Int64 {
        guard state != .ended else { return now + 1_000_000_000 }
        let begin = start ?? now
        start = begin
        state = .running
        if waiting == nil { waiting = nextSample(begin) }
        guard let waiting else {
            state = .ended
            return now + 1_000_000_000
        }
        return isFast ? now : waiting.timestampNanoseconds
    }

    private func nextSample(_ begin: Int64) -> InertialSample? {
        var row = LogRow()
        guard (try? log.next(&row)) == true else { return nil }
        rows += 1
        var offset = rows * intervalNanoseconds
        if log.hasTime, row.timeSeconds.isFinite {
            if firstSeconds.isNaN { firstSeconds = row.timeSeconds }
            offset = Int64((row.timeSeconds - firstSeconds) * 1e9)
        }
        return InertialSample(timestampNanoseconds: begin + offset, acceleration: row.accelerometer, angularRate: row.gyroscope,
                              magneticField: row.magnetometer, hasMagneticField: log.hasMagnetometer)
    }

    func takeSamples(_ samples: UnsafeMutableBufferPointer<InertialSample>) -> Int {
        let now = monotonicNanoseconds()
        var count = 0
        while count < samples.count, let sample = waiting, isFast || sample.timestampNanoseconds <= now {
            samples[count] = sample
            count += 1
            counters.samples &+= 1
            waiting = nextSample(start ?? now)
        }
        return count
    }
}
