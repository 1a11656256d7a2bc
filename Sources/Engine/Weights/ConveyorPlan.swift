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
    var streamedBytes: Int { streamed.reduce(0) { $0 + $1.bytes } }

    /// `fixedBytes`: what everything but weights takes of the budget. Fails with `budget` where not even the chunks that are
    /// in use at the same time fit.
    init(nest: NestReader, uses: ChunkUses, fixedBytes: Int, budgetBytes: Int) throws(Failure) {
        let page = pageBytes
        var all: [Entry] = []
        for (chunk, span) in uses.spans.enumerated() {
            guard let span else { continue }
            all.append(Entry(chunk: chunk, first: span.lowerBound, last: span.upperBound,
                             bytes: roundUp(nest.chunks[chunk].length, to: page)))
        }
        all.order { $0.first != $1.first ? $0.first < $1.first : $0.last < $1.last }
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
            throw Failure(.budget,
                "\(nest.name): the budget of \(megabytes(budgetBytes)) can't be kept: \(megabytes(fixedBytes)) for program, tables, arena "
                    + "and scratch and "
                + "\(megabytes(least)) for weights in use at one time are needed, \(megabytes(fixedBytes + least)) altogether")
        }
        // Large chunks make the window large: which of them had better stay is tried out, from none to all of the
        // sixteen largest.
        var bySize = all.indices.filter { !stays[$0] }
        bySize.order { all[$0].bytes > all[$1].bytes }
        var best = ConveyorPlan.fill(all, stays, available: available)
        for index in bySize.prefix(16) {
            stays[index] = true
            if ConveyorPlan.bytes(all, stays, true) > available { break }
            let tried = ConveyorPlan.fill(all, stays, available: available)
            if ConveyorPlan.fits(all, tried, available), ConveyorPlan.bytes(all, tried, false) < ConveyorPlan.bytes(all, best, false) {
                best = tried
            }
        }
        stays = best
        for index in all.indices {
            if stays[index] { resident.append(all[index].chunk) } else { streamed.append(all[index]) }
        }
        residentBytes = ConveyorPlan.bytes(all, stays, true)
        windowBytes = available - residentBytes
    }

    /// What else may stay beside the chunks that do. The reader should fill one chunk while another is in use; beyond
    /// that, memory is better spent on chunks that need no reading. Those are spread over the pass, so that reading
    /// never has to hurry.
    private static func fill(_ all: [Entry], _ already: [Bool], available: Int) -> [Bool] {
        var stays = already
        let streamed = all.indices.filter { !stays[$0] }.map { all[$0] }
        let room = max(0, available - bytes(all, stays, true) - mostAlive(streamed, withNext: true))
        let fraction = Double(room) / Double(max(1, bytes(all, stays, false)))
        var seen = 0, taken = 0
        for index in all.indices where !already[index] {
            seen += all[index].bytes
            if Double(taken + all[index].bytes) <= Double(seen) * fraction {
                taken += all[index].bytes
                stays[index] = true
            }
        }
        for index in all.indices where !stays[index] && taken + all[index].bytes <= room {
            taken += all[index].bytes
            stays[index] = true
        }
        return stays
    }

    private static func fits(_ all: [Entry], _ stays: [Bool], _ available: Int) -> Bool {
        bytes(all, stays, true) + mostAlive(all.indices.filter { !stays[$0] }.map { all[$0] }) <= available
    }

    private static func bytes(_ entries: [Entry], _ stays: [Bool], _ value: Bool) -> Int {
        var sum = 0
        for (entry, stay) in zip(entries, stays) where stay == value { sum += entry.bytes }
        return sum
    }

    /// The most bytes in use at one step, `withNext`: and the chunk that comes after (after the last one, the first of
    /// the next pass).
    private static func mostAlive(_ entries: [Entry], withNext: Bool = false) -> Int {
        var change = [Int](repeating: 0, count: entries.reduce(0) { max($0, $1.last) } + 2)
        for entry in entries {
            change[entry.first] += entry.bytes
            change[entry.last + 1] -= entry.bytes
        }
        for step in 1..<change.count { change[step] += change[step - 1] }
        var most = 0
        for (index, entry) in entries.enumerated() {
            let next = entries[(index + 1) % entries.count]
            most = max(most, change[entry.first] + (withNext && next.first != entry.first ? next.bytes : 0))
        }
        return most
    }
}
