import Platform

/// A piece of the arena: so many bytes, needed from instruction `first` to instruction `last`, both included.
public struct ArenaBuffer: Sendable, Equatable {
    public var bytes: Int
    public var first: Int
    public var last: Int

    public init(bytes: Int, first: Int, last: Int) {
        self.bytes = bytes
        self.first = first
        self.last = last
    }

    func overlapsInTime(_ other: ArenaBuffer) -> Bool { first <= other.last && other.first <= last }
}

/// Where each buffer lies.
public struct ArenaPlan: Sendable, Equatable {
    public var offsets: [Int]
    /// End of the highest buffer.
    public var bytes: Int
    /// The most bytes that are live at one instruction: no plan can be smaller.
    public var lowerBound: Int

    /// How much larger the plan is than it could possibly be; 1 is perfect.
    public var ratio: Double { lowerBound == 0 ? 1 : Double(bytes) / Double(lowerBound) }
}

/// Gives every buffer an offset such that buffers that live at the same time don't overlap, trying to keep the end low.
///
/// Greedy by an order with best fit, as "Efficient Memory Management for Deep Neural Net Inference" (Pisarchyk and
/// Lee, 2020) compares; no single order wins on every network, so several are tried, then random swaps of the best.
public enum ArenaPlanner {
    /// Offsets are multiples of this: kernels load whole cache lines.
    public static let alignment = 64

    /// Offsets for all buffers, in their order. `swaps` random changes are tried after the fixed orders, unless the bound is reached.
    public static func plan(_ buffers: [ArenaBuffer], swaps: Int = 400) -> ArenaPlan {
        let bound = lowerBound(buffers)
        let alignedBound = lowerBound(buffers.map { ArenaBuffer(bytes: aligned($0.bytes), first: $0.first, last: $0.last) })
        var bestOrder: [Int] = [], best: (offsets: [Int], bytes: Int)?
        func attempt(_ order: [Int]) -> Bool {
            let tried = place(buffers, order: order)
            if let current = best, tried.bytes >= current.bytes { return false }
            best = tried
            bestOrder = order
            return true
        }
        let indices = Array(buffers.indices)
        let keys: [(ArenaBuffer) -> Int] = [
            { $0.bytes }, { $0.bytes * ($0.last - $0.first + 1) }, { $0.last - $0.first }, { -$0.first }, { $0.last },
        ]
        for key in keys {
            _ = attempt(indices.sorted { (key(buffers[$0]), buffers[$0].bytes, -$0) > (key(buffers[$1]), buffers[$1].bytes, -$1) })
        }
        _ = attempt(byBreadth(buffers))
        // A fixed sequence: a plan must come out the same on every machine.
        var random = SplitMix64(seed: 0x5EED)
        var remaining = buffers.count > 2 ? swaps : 0
        while remaining > 0, let current = best, current.bytes > alignedBound {
            var order = bestOrder
            order.swapAt(random.next(below: order.count), random.next(below: order.count))
            _ = attempt(order)
            remaining -= 1
        }
        return ArenaPlan(offsets: best?.offsets ?? [], bytes: best?.bytes ?? 0, lowerBound: bound)
    }

    /// The most bytes live at one instruction.
    public static func lowerBound(_ buffers: [ArenaBuffer]) -> Int { liveBytes(buffers).max() ?? 0 }

    /// Live bytes at each instruction, from 0 to the last that any buffer names.
    public static func liveBytes(_ buffers: [ArenaBuffer]) -> [Int] {
        var live = [Int](repeating: 0, count: (buffers.map(\.last).max() ?? -1) + 1)
        for buffer in buffers {
            for step in max(0, buffer.first)...max(0, buffer.last) { live[step] += buffer.bytes }
        }
        return live
    }

    static func aligned(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }

    /// Places buffers one by one into the smallest gap that holds them between those already placed that share time.
    static func place(_ buffers: [ArenaBuffer], order: [Int]) -> (offsets: [Int], bytes: Int) {
        var offsets = [Int](repeating: 0, count: buffers.count)
        var placed: [Int] = [] // by offset
        var end = 0
        for index in order {
            let buffer = buffers[index]
            let size = aligned(buffer.bytes)
            var gapStart = 0, bestOffset: Int?, bestGap = Int.max
            for other in placed where buffers[other].overlapsInTime(buffer) {
                let gap = offsets[other] - gapStart
                if gap >= size, gap < bestGap {
                    bestGap = gap
                    bestOffset = gapStart
                }
                gapStart = max(gapStart, offsets[other] + aligned(buffers[other].bytes))
            }
            let offset = bestOffset ?? gapStart
            offsets[index] = offset
            end = max(end, offset + size)
            let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
            placed.insert(index, at: position)
        }
        return (offsets, end)
    }

    /// Greedy by breadth: the buffers of the busiest instruction first, largest first, then of the next.
    static func byBreadth(_ buffers: [ArenaBuffer]) -> [Int] {
        let live = liveBytes(buffers)
        var order: [Int] = [], taken = [Bool](repeating: false, count: buffers.count)
        for step in live.indices.sorted(by: { (live[$0], -$0) > (live[$1], -$1) }) {
            let here = buffers.indices.filter { !taken[$0] && buffers[$0].first <= step && step <= buffers[$0].last }
            for index in here.sorted(by: { (buffers[$0].bytes, -$0) > (buffers[$1].bytes, -$1) }) {
                taken[index] = true
                order.append(index)
            }
        }
        return order + buffers.indices.filter { !taken[$0] }
    }
}
