/// How far recovered sample times are from a chip's true ones.
public struct SampleTimes {
    /// RMS and mean of recovered minus true, and the largest departure, in microseconds.
    public let rmsMicroseconds: Double, meanMicroseconds: Double, largestMicroseconds: Double
    public let count: Int

    /// Compares each recovered time with the nearest true one; nil where one of them is empty. `truth` ascends.
    public init?(recovered: [Int64], truth: [Int64]) {
        guard !recovered.isEmpty, !truth.isEmpty else { return nil }
        var sum = 0.0, squares = 0.0, largest = 0.0
        for time in recovered {
            let after = Self.firstIndex(truth, notBefore: time)
            var error = Double.infinity
            for index in [after - 1, after] where truth.indices.contains(index) {
                let difference = Double(time - truth[index]) / 1000
                if abs(difference) < abs(error) { error = difference }
            }
            sum += error
            squares += error * error
            largest = max(largest, abs(error))
        }
        count = recovered.count
        meanMicroseconds = sum / Double(count)
        rmsMicroseconds = (squares / Double(count)).squareRoot()
        largestMicroseconds = largest
    }

    private static func firstIndex(_ times: [Int64], notBefore time: Int64) -> Int {
        var low = 0, high = times.count
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
