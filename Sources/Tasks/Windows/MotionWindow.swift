import Sensors

/// The newest part of a motion sensor's samples at a rate of its own: straight lines between samples, a row at each multiple of the
/// period. A gap begins it anew. Decided by the samples' times; allocates nothing.
struct MotionWindow {
    /// Rows that are kept.
    let capacity: Int
    /// Nanoseconds between two rows.
    let period: Int64
    /// Rows since the last gap, and the time of the newest.
    private(set) var rows = 0
    private(set) var time: Int64 = 0
    /// Whether rows have a magnetic field.
    private(set) var hasMagneticField = false
    private var values: [Float]
    private var place = 0
    private var before: InertialSample?, last: InertialSample?
    private var next: Int64 = 0

    /// What a gap is: so many periods without a sample, and a twentieth of a second.
    private static let longestGap: Int64 = 4, leastGap: Int64 = 50_000_000

    init(capacity: Int, period: Int64) {
        self.capacity = capacity
        self.period = period
        values = [Float](repeating: 0, count: capacity * MotionColumn.count)
    }

    /// Takes a sample; `advance` then makes the rows that it completes.
    mutating func take(_ sample: InertialSample) {
        guard isUsable(sample) else { return }
        guard let newest = last, sample.timestampNanoseconds > newest.timestampNanoseconds,
              sample.timestampNanoseconds - newest.timestampNanoseconds <= max(Self.leastGap, period * Self.longestGap) else {
            return begin(sample)
        }
        before = newest
        var sample = sample
        if sample.hasMagneticField {
            hasMagneticField = true
        } else {
            // Magnetometers are slower: the last value holds.
            sample.magneticField = newest.magneticField
        }
        last = sample
    }

    /// Makes the next row, where the newest sample reaches so far.
    mutating func advance() -> Bool {
        guard let before, let last, next <= last.timestampNanoseconds else { return false }
        add(before, last)
        time = next
        next += period
        return true
    }

    /// A value that is no number would be in every answer for a window.
    private func isUsable(_ sample: InertialSample) -> Bool {
        let sum = sample.acceleration.sum() + sample.angularRate.sum() + sample.magneticField.sum()
        return sum.isFinite
    }

    private mutating func begin(_ sample: InertialSample) {
        before = nil
        last = sample
        hasMagneticField = sample.hasMagneticField
        rows = 0
        place = 0
        next = sample.timestampNanoseconds
    }

    private mutating func add(_ a: InertialSample, _ b: InertialSample) {
        let share = Float(next - a.timestampNanoseconds) / Float(b.timestampNanoseconds - a.timestampNanoseconds)
        let start = place * MotionColumn.count
        for axis in 0..<3 {
            values[start + axis] = a.acceleration[axis] + share * (b.acceleration[axis] - a.acceleration[axis])
            values[start + 3 + axis] = a.angularRate[axis] + share * (b.angularRate[axis] - a.angularRate[axis])
            values[start + 6 + axis] = a.magneticField[axis] + share * (b.magneticField[axis] - a.magneticField[axis])
        }
        place = (place + 1) % capacity
        rows = min(rows + 1, capacity)
    }

    /// Copies the newest rows, oldest first, nine numbers each.
    /// - Parameter count: at most `rows`.
    func copy(_ count: Int, to target: UnsafeMutablePointer<Float>) {
        for index in 0..<count {
            let row = (place - count + index + capacity) % capacity * MotionColumn.count
            for column in 0..<MotionColumn.count { target[index * MotionColumn.count + column] = values[row + column] }
        }
    }
}
