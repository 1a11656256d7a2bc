import Engine
import Platform

/// The thread pools: one for each number of threads that was ever asked for, kept. Models that run at once share it step
/// by step.
final class Pools {
    private let processors: [Processor]
    /// Of all pools: what has a deadline goes before what others run.
    let gate = UrgencyGate()
    private let lock = Lock()
    private var pools: [ThreadPool] = []

    init(_ processors: [Processor]) { self.processors = processors }

    /// - Parameter threads: nil: one a core.
    func pool(_ threads: Int?) throws(Failure) -> ThreadPool {
        lock.lock()
        defer { lock.unlock() }
        let wanted = ThreadPool.threads(threads ?? processors.count, of: processors)
        for pool in pools where pool.threads == wanted { return pool }
        let pool = try ThreadPool(threads: wanted, processors: processors, gate: gate)
        pools.append(pool)
        return pool
    }
}
