import Kernels
import Nest
import Platform

/// The steps of a program, built once, on an arena and on the addresses that weights will have. Memory is reserved, but the
/// kernel gives it only as it is touched: a build that is thrown away has cost addresses and time.
final class ModelBuild {
    let arena: PageMemory
    let weights: WeightStore
    /// What the steps of a language model share; nil in other models.
    let language: LanguageState?
    let steps: [Step]
    /// Tables and buffers that steps keep for themselves, all together.
    private static let mostOwnBytes = 256 << 20

    init(_ program: Program, weights: WeightStore, language: LanguageState?, kernels: KernelTable, threads: Int) throws(Failure) {
        arena = try PageMemory(count: Int(program.arenaBytes) + NestLayout.slack)
        self.weights = weights
        self.language = language
        var steps: [Step] = []
        var own = 0
        steps.reserveCapacity(program.instructions.count)
        for (index, instruction) in program.instructions.enumerated() {
            let context = StepContext(program: program, instruction: instruction, index: index, arena: arena.baseAddress, weights: weights,
                                      kernels: kernels, threads: threads, language: language)
            let step = try instruction.opcode.step(context)
            own += step.ownBytes
            let shared = language?.rotary.bytes ?? 0
            // Every step is small by itself, but a hostile file can hold many.
            guard own + shared <= ModelBuild.mostOwnBytes else {
                throw Failure(.resource, "the steps of program \(program.name) keep more than \(megabytes(ModelBuild.mostOwnBytes))")
            }
            steps.append(step)
        }
        self.steps = steps
    }

    /// Language models, before anything is measured or run: room for so many positions, which may be called again.
    func placeCache(context: Int) throws(Failure) {
        try language?.cache.place(context: context)
        for step in steps { step.cacheWasPlaced() }
    }

    /// From one worker's scratch to the next's: their parts lie a page apart from each other's ends, so that they never share
    /// a cache line.
    var scratchStride: Int { roundUp(steps.reduce(0) { max($0, $1.scratchBytes) } + NestLayout.slack, to: 4096) }

    /// Scratch of all workers, and what steps keep for themselves.
    func scratchBytes(threads: Int) -> Int { scratchStride * threads + steps.reduce(0) { $0 + $1.ownBytes } }
}

/// All that steps are built from.
struct ModelBuilder {
    let nest: NestReader
    let program: Program
    let cache: CachePlan?
    let options: ModelOptions
    let kernels: KernelTable
    let threads: Int

    /// - Parameters:
    ///   - isApart: whether weights get addresses apart from the nest's mapping, to be streamed or read there.
    ///   - context: positions that the cache of a language model gets room for; nil: none yet.
    func build(isApart: Bool, context: Int? = nil) throws(Failure) -> ModelBuild {
        let weights = isApart ? try Conveyor(nest) : WeightStore(nest, verify: options.verify)
        var language: LanguageState?
        if let cache { language = try LanguageState(program, cache, options) }
        let build = try ModelBuild(program, weights: weights, language: language, kernels: kernels, threads: threads)
        if let context { try build.placeCache(context: context) }
        return build
    }
}
