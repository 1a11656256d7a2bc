import CLinux
import Platform

/// Work that a pool divides: slices are executed once each, in any order, by any worker.
public class SlicedWork {
    /// How many slices the work has; set before it is run.
    public var slices = 1

    /// Executes one slice. `worker` is below the pool's thread count and tells scratch memory apart.
    func execute(_ slice: Int, worker: Int) {}
}

/// Threads made once that execute the slices of one piece of work at a time. The caller is a worker too, so a pool
/// of one thread starts none. Threads that call it at once take turns, one piece of work each.
public final class ThreadPool {
    public let threads: Int
    /// Where models without deadlines wait for those with one.
    public let gate: UrgencyGate
    private let shared: PoolState?
    private var helpers: [Thread] = []
    /// Where its threads run; empty where all cores are alike.
    private let cores: [Int32]

    /// The threads run on the fastest cores. Where cores differ, the calling thread is bound to them as well; where
    /// all are alike it is left alone. More threads than cores are cut to the cores. `processors`: fastest first.
    public init(threads: Int, processors: [Processor] = Processors.available(), gate: UrgencyGate = UrgencyGate()) throws(Failure) {
        self.gate = gate
        let wanted = ThreadPool.threads(threads, of: processors)
        self.threads = wanted
        // All cores as fast as the slowest chosen one, so that the scheduler keeps some choice.
        let slowest = processors[wanted - 1]
        let chosen = processors.filter { !$0.isSlower(than: slowest) }.map { Int32($0.number) }
        cores = chosen.count < processors.count ? chosen : []
        guard wanted > 1 else {
            shared = nil
            bindCaller()
            return
        }
        let state = PoolState(helpers: wanted - 1)
        shared = state
        for worker in 1..<wanted {
            // Not one core each: another process on one of them must not stop the pool.
            helpers.append(try Thread(processors: chosen) { state.help(worker: worker) })
        }
        bindCaller()
    }

    /// How many threads a pool has that was asked for so many.
    public static func threads(_ wanted: Int, of processors: [Processor]) -> Int { max(1, min(wanted, processors.count, 64)) }

    /// Binds the calling thread to the pool's cores, as the one that made it was.
    public func bindCaller() {
        if !cores.isEmpty { _ = linux_run_on(cores, Int32(cores.count)) }
    }

    deinit {
        shared?.stop()
        for helper in helpers { helper.join() }
    }

    /// Executes every slice and returns when all are done.
    public func run(_ work: SlicedWork) {
        guard let shared, work.slices > 1 else {
            for slice in 0..<work.slices { work.execute(slice, worker: 0) }
            return
        }
        shared.run(work)
    }
}

/// What the workers share. Words lie a cache line apart in memory of their own, because the kernel sleeps on their
/// addresses.
final class PoolState {
    private let words: UnsafeMutablePointer<UInt32>
    private let helpers: UInt32
    private var work: Unmanaged<SlicedWork>?
    private var slices: UInt32 = 0
    private var stopping = false
    /// Whose work it is: callers on several threads take turns.
    private let turn = Lock()

    private var generation: UnsafeMutablePointer<UInt32> { words }
    private var next: UnsafeMutablePointer<UInt32> { words + 32 }
    private var running: UnsafeMutablePointer<UInt32> { words + 64 }
    private var sleepers: UnsafeMutablePointer<UInt32> { words + 96 }

    /// Long enough to bridge the time between two instructions, short enough not to cost power: some 20 microseconds.
    private static let spins = 2000

    init(helpers: Int) {
        self.helpers = UInt32(helpers)
        words = UnsafeMutableRawPointer.allocate(byteCount: 512, alignment: 128).bindMemory(to: UInt32.self, capacity: 128)
        words.update(repeating: 0, count: 128)
    }

    deinit { words.deallocate() }

    func run(_ work: SlicedWork) {
        turn.lock()
        defer { turn.unlock() }
        self.work = Unmanaged.passUnretained(work)
        slices = UInt32(work.slices)
        linux_store(next, 0)
        linux_store(running, helpers)
        start()
        take(work, worker: 0)
        wait(for: running) { $0 == 0 }
        self.work = nil
    }

    func stop() {
        stopping = true
        start()
    }

    func help(worker: Int) {
        var seen: UInt32 = 0
        while true {
            wait(for: generation) { $0 != seen }
            seen = linux_load(generation)
            if stopping { return }
            if let work { take(work.takeUnretainedValue(), worker: worker) }
            if linux_add(running, UInt32.max) == 1 { wake(running) }
        }
    }

    private func take(_ work: SlicedWork, worker: Int) {
        while true {
            let slice = linux_add(next, 1)
            if slice >= slices { return }
            work.execute(Int(slice), worker: worker)
        }
    }

    private func start() {
        _ = linux_add(generation, 1)
        wake(generation)
    }

    /// The fence pairs with the one in `wait`: either the sleeper sees the new value or we see the sleeper.
    private func wake(_ word: UnsafeMutablePointer<UInt32>) {
        linux_fence()
        if linux_load(sleepers) != 0 { linux_futex_wake(word, Int32.max) }
    }

    @inline(__always)
    private func wait(for word: UnsafeMutablePointer<UInt32>, until done: (UInt32) -> Bool) {
        for _ in 0..<PoolState.spins {
            if done(linux_load(word)) { return }
            linux_pause()
        }
        _ = linux_add(sleepers, 1)
        linux_fence()
        while true {
            let value = linux_load(word)
            if done(value) { break }
            linux_futex_wait(word, value)
        }
        _ = linux_add(sleepers, UInt32.max)
    }
}
