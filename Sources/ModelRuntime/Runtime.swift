import Engine
import Kernels
import Platform

/// What the models of a process run on and live in: kernels, thread pools, the library of loaded models with its ledger of
/// memory. One for the whole firmware; for every thread.
public final class Runtime {
    public let features: ProcessorFeatures
    /// Fastest first.
    public let processors: [Processor]
    public let library: Library
    private let pools: Pools
    private let lock = Lock()
    private var generation: GenerationActivity?

    /// Looks at this machine's processors; loads no model.
    public init() {
        features = ProcessorFeatures.detect()
        processors = Processors.available()
        pools = Pools(processors)
        library = Library(pools: pools, features: features)
    }

    /// Where all models without deadlines wait for those with one.
    public var gate: UrgencyGate { pools.gate }

    /// The newest generation of a text; nil before the first.
    public var newestGeneration: GenerationActivity? {
        lock.lock()
        defer { lock.unlock() }
        return generation
    }

    /// Makes it the newest.
    public func show(_ activity: GenerationActivity) {
        lock.lock()
        generation = activity
        lock.unlock()
    }
}
