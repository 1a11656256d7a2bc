import Platform

/// The newest of a series of durations, in nanoseconds: fixed size. Not for two threads at once.
public struct RecentTimes: Sendable {
    private var times: [Int64]
    private var next = 0
    /// All so far.
    public private(set) var count = 0

    /// - Parameter capacity: how many are kept.
    public init(capacity: Int) { times = [Int64](repeating: 0, count: max(1, capacity)) }

    /// The newest; where it is full the oldest goes.
    public mutating func add(_ time: Int64) {
        times[next] = time
        next = next + 1 == times.count ? 0 : next + 1
        count += 1
    }

    /// Forgets them.
    public mutating func removeAll() {
        count = 0
        next = 0
    }

    /// Those kept, the smallest first. Allocates.
    public var sorted: [Int64] {
        var kept = Array(times.prefix(min(count, times.count)))
        kept.order { $0 < $1 }
        return kept
    }

    /// The median of the newest `size`, at most 9; 0 before the first.
    /// Allocates nothing.
    public func median(ofNewest size: Int) -> Int64 {
        let number = min(size, count, times.count, 9)
        guard number > 0 else { return 0 }
        // The one that as many are below as above, ties by place.
        for candidate in 0..<number {
            let value = newest(candidate)
            var below = 0
            for other in 0..<number where newest(other) < value || (newest(other) == value && other < candidate) { below += 1 }
            if below == number / 2 { return value }
        }
        return newest(0)
    }

    /// Copies the newest, at most so many as are kept and as there is room for; how many. Allocates nothing.
    public func copyNewest(_ wanted: Int, to target: UnsafeMutableBufferPointer<Int64>) -> Int {
        let number = max(0, min(wanted, count, times.count, target.count))
        for age in 0..<number { target[age] = newest(age) }
        return number
    }

    /// 0: the newest.
    private func newest(_ age: Int) -> Int64 { times[(next - 1 - age + times.count * 2) % times.count] }
}

/// A quantile of sorted times, by the nearest rank; 0 where there is none.
public func quantile(_ sorted: [Int64], _ share: Double) -> Int64 {
    guard !sorted.isEmpty else { return 0 }
    let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
    return sorted[max(0, min(sorted.count - 1, rank))]
}
