@testable import Engine
import CLinux
import Platform
import TestSupport
import Testing

/// Counts how often every slice was executed.
private final class Counting: SlicedWork {
    let counts: UnsafeMutablePointer<UInt32>

    init(_ slices: Int) {
        counts = .allocate(capacity: slices)
        counts.update(repeating: 0, count: slices)
        super.init()
        self.slices = slices
    }

    deinit { counts.deallocate() }

    override func execute(_ slice: Int, worker: Int) { _ = linux_add(counts + slice, 1) }
}

struct ThreadPoolTests {
    @Test(arguments: [1, 2, 5])
    func everySliceIsExecutedOnce(threads: Int) throws {
        let pool = try pool(threads)
        #expect(pool.threads == threads)
        var random = Random(51)
        for _ in 0..<500 {
            let work = Counting(random.int(1...20))
            pool.run(work)
            #expect((0..<work.slices).allSatisfy { work.counts[$0] == 1 })
            // Now and then long enough for the helpers to fall asleep.
            if random.int(0...50) == 0 { usleep(2000) }
        }
    }

    /// Two models at work: each caller's work is done, whole and once.
    @Test(arguments: [1, 2, 3]) func callersTakeTurns(threads: Int) throws {
        let pool = try pool(threads)
        let works = (0..<2).map { _ in (0..<400).map { Counting($0 % 13 + 1) } }
        let callers = try works.map { own in try Platform.Thread { for work in own { pool.run(work) } } }
        for caller in callers { caller.join() }
        for work in works.joined() { #expect((0..<work.slices).allSatisfy { work.counts[$0] == 1 }) }
    }

    @Test func fastestCoresComeFirst() throws {
        #expect(try ThreadPool(threads: 64).threads == Processors.available().count)
        let cores = Processors.available()
        #expect(zip(cores, cores.dropFirst()).allSatisfy { $0.capacity >= $1.capacity })
    }
}
