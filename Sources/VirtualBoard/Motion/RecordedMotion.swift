import Platform
import Pose

/// A recorded log (NPY or CSV, as module Pose reads them), interpolated linearly between its rows. After its end the
/// board stays still as it was, or starts again. Keeps the log in memory, 36 bytes a row, and changes nothing in it, so
/// threads may share it.
public final class RecordedMotion: Motion {
    public let rowCount: Int
    public let hasMagnetometer: Bool
    public let durationSeconds: Double
    private let values: UnsafeMutablePointer<Float>
    /// Seconds from the first row; empty for a constant rate.
    private let times: [Double]
    private let rateHertz: Double
    private let startNanoseconds: Int64
    private let isLooping: Bool

    /// The rate of logs without times: BROAD's, 2000/7 Hz.
    public static let defaultRateHertz = 2000.0 / 7
    static let longestLog = 50_000_000

    /// - Parameters:
    ///   - startNanoseconds: when the log's first row happens.
    ///   - rateHertz: for logs without times; nil for `defaultRateHertz`.
    /// - Throws: one line on what is wrong with the file.
    public init(path: String, startNanoseconds: Int64 = 0, rateHertz: Double? = nil, isLooping: Bool = false) throws(Failure) {
        var log = try PoseLog(path: path)
        var row = LogRow()
        var collected: [Float] = [], moments: [Double] = []
        var last = LogRow()
        var firstTime = Double.nan
        while try log.next(&row) {
            guard moments.count < Self.longestLog, collected.count / 9 < Self.longestLog else {
                throw Failure(.badFormat, "\(path): more than \(Self.longestLog) rows")
            }
            // A missing sample repeats the one before, axis by axis; before the first there is nothing to repeat.
            let known = collected.isEmpty ? LogRow.atRest : last
            row.accelerometer = Self.filled(row.accelerometer, known.accelerometer)
            row.gyroscope = Self.filled(row.gyroscope, known.gyroscope)
            row.magnetometer = Self.filled(row.magnetometer, known.magnetometer)
            if log.hasTime {
                if moments.isEmpty { firstTime = row.timeSeconds }
                let moment = row.timeSeconds - firstTime
                guard moment.isFinite, moments.isEmpty || moment >= moments[moments.count - 1] else {
                    throw Failure(.badFormat, "\(path): row \(moments.count + 1) has no time, or one before the row above")
                }
                moments.append(moment)
            }
            for axis in 0..<3 { collected.append(row.accelerometer[axis]) }
            for axis in 0..<3 { collected.append(row.gyroscope[axis]) }
            for axis in 0..<3 { collected.append(row.magnetometer[axis]) }
            last = row
        }
        guard !collected.isEmpty else { throw Failure(.badFormat, "\(path) has no rows to play") }
        rowCount = collected.count / 9
        hasMagnetometer = log.hasMagnetometer
        values = .allocate(capacity: collected.count)
        for index in 0..<collected.count { values[index] = collected[index] }
        times = moments
        self.rateHertz = rateHertz ?? Self.defaultRateHertz
        durationSeconds = moments.isEmpty ? Double(rowCount - 1) / self.rateHertz : moments[moments.count - 1]
        self.startNanoseconds = startNanoseconds
        self.isLooping = isLooping
    }

    deinit { values.deallocate() }

    private static func filled(_ value: SIMD3<Float>, _ before: SIMD3<Float>) -> SIMD3<Float> {
        var result = value
        for axis in 0..<3 where !value[axis].isFinite { result[axis] = before[axis] }
        return result
    }

    public func state(atNanoseconds time: Int64) -> MotionState {
        var seconds = max(0, Double(time - startNanoseconds) * 1e-9)
        if seconds > durationSeconds {
            guard isLooping, durationSeconds > 0 else {
                var end = row(rowCount - 1)
                end.angularRate = .zero
                return end
            }
            seconds -= (seconds / durationSeconds).rounded(.down) * durationSeconds
        }
        let (index, part) = place(seconds)
        let before = row(index)
        guard index + 1 < rowCount, part > 0 else { return before }
        let after = row(index + 1)
        return MotionState(acceleration: before.acceleration + (after.acceleration - before.acceleration) * part,
                           angularRate: before.angularRate + (after.angularRate - before.angularRate) * part,
                           magneticField: before.magneticField + (after.magneticField - before.magneticField) * part)
    }

    /// The row before this time, and how far (0 to 1) towards the next.
    private func place(_ seconds: Double) -> (Int, Double) {
        if times.isEmpty {
            let position = seconds * rateHertz
            let index = min(rowCount - 1, Int(position))
            return (index, position - Double(index))
        }
        var low = 0, high = rowCount - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if times[middle] <= seconds { low = middle } else { high = middle - 1 }
        }
        guard low + 1 < rowCount, times[low + 1] > times[low] else { return (low, 0) }
        return (low, (seconds - times[low]) / (times[low + 1] - times[low]))
    }

    /// Row `index` of the log as it was recorded.
    public func row(_ index: Int) -> MotionState {
        let start = values + min(max(0, index), rowCount - 1) * 9
        return MotionState(acceleration: Self.vector(start), angularRate: Self.vector(start + 3), magneticField: Self.vector(start + 6))
    }

    private static func vector(_ first: UnsafeMutablePointer<Float>) -> SIMD3<Double> {
        SIMD3(Double(first[0]), Double(first[1]), Double(first[2]))
    }
}

extension LogRow {
    fileprivate static var atRest: LogRow {
        var row = LogRow()
        row.accelerometer = SIMD3(0, 0, Float(standardGravity))
        row.gyroscope = .zero
        row.magnetometer = .zero
        return row
    }
}
