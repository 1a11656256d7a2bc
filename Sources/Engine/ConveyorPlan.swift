import Nest
import Platform

/// Which chunks of weights stay in memory under a budget, and which are streamed through a window.
struct ConveyorPlan {
    /// A streamed chunk, needed from one step to another.
    struct Entry {
        var chunk: Int
        var first: Int, last: Int
        var bytes: Int
    }

    var resident: [Int] = []
    /// In the order in which they are needed.
    var streamed: [Entry] = []
    var residentBytes = 0
    var windowBytes = 0

    /// `fixedBytes`: what arena and scratch take of the budget. Fails with `budget` where not even the chunks that are
    /// in use at the same time fit.
    init(nest: NestReader, uses: ChunkUses, fixedBytes: Int, budgetBytes: Int) throws(Failure) {
        let page = pageBytes
        var all: [Entry] = []
        for (chunk, span) in uses.spans.enumerated() {
            guard let span else { continue }
            all.append(Entry(chunk: chunk, first: span.lowerBound, last: span.upperBound, bytes: roundUp(nest.chunks[chunk].length, to: page)))
        }
        all.sort { $0.first != $1.first ? $0.first < $1.first : $0.last < $1.last }
        let total = all.reduce(0) { $0 + $1.bytes }
        let available = budgetBytes - fixedBytes
        if total <= available {
            resident = all.map { $0.chunk }
            residentBytes = total
            return
        }
        // What is needed from beginning to end of a pass cannot leave in between.
        let steps = all.reduce(0) { max($0, $1.last) } + 1
        var stays = all.map { $0.first == 0 && $0.last == steps - 1 }
        let fixedWeights = ConveyorPlan.bytes(all, stays, true)
        let least = fixedWeights + ConveyorPlan.mostAlive(all.indices.filter { !stays[$0] }.map { all[$0] })
        guard least <= available else {
            throw Failure(.budget, "\(nest.name): the budget of \(megabytes(budgetBytes)) can't be kept: \(megabytes(fixedBytes)) for arena and scratch and "
                + "\(megabytes(least)) for weights in use at one time are needed, \(megabytes(fixedBytes + least)) altogether")
        }
        // The reader should fill one chunk while another is in use; beyond that, memory is better spent on chunks that
        // need no reading. Those are spread over the pass, so that reading never has to hurry.
        let ahead = ConveyorPlan.mostAliveAndNext(all.indices.filter { !stays[$0] }.map { all[$0] })
        let forResidents = max(0, available - fixedWeights - ahead)
        let fraction = Double(forResidents) / Double(max(1, total - fixedWeights))
        var seen = 0, taken = 0
        for index in all.indices where !stays[index] {
            seen += all[index].bytes
            if Double(taken + all[index].bytes) <= Double(seen) * fraction {
                taken += all[index].bytes
                stays[index] = true
            }
        }
        for index in all.indices where !stays[index] && taken + all[index].bytes <= forResidents {
            taken += all[index].bytes
            stays[index] = true
        }
        for index in all.indices {
            if stays[index] { resident.append(all[index].chunk) } else { streamed.append(all[index]) }
        }
        residentBytes = ConveyorPlan.bytes(all, stays, true)
        windowBytes = available - residentBytes
    }

    private static func bytes(_ entries: [Entry], _ stays: [Bool], _ value: Bool) -> Int {
        var sum = 0
        for (entry, stay) in zip(entries, stays) where stay == value { sum += entry.bytes }
        return sum
    }

    /// The most bytes that are in use at one step; entries sorted by first step, so that the most is reached where
    /// some entry begins.
    private static func mostAlive(_ entries: [Entry]) -> Int {
        var most = 0
        for entry in entries { most = max(most, alive(entries, at: entry.first)) }
        return most
    }

    private static func mostAliveAndNext(_ entries: [Entry]) -> Int {
        var most = 0
        for (index, entry) in entries.enumerated() {
            // After the last one comes the first of the next pass.
            let next = entries[(index + 1) % entries.count]
            most = max(most, alive(entries, at: entry.first) + (next.first == entry.first ? 0 : next.bytes))
        }
        return most
    }

    private static func alive(_ entries: [Entry], at step: Int) -> Int {
        var sum = 0
        for entry in entries where entry.first <= step && step <= entry.last { sum += entry.bytes }
        return sum
    }
}
