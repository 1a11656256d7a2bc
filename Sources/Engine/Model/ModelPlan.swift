import Kernels
import Nest
import Platform

/// What a model will take, known before any of it is in memory: a ledger of the memory budget asks for `memory` and may
/// decide against it; `Model` places it. Not to be used from two threads at once.
public final class ModelPlan {
    public let nest: NestReader
    public let program: Program
    public let threads: Int
    public let memory: ModelMemory
    /// Language models: positions of the key-value cache.
    public let contextLength: Int?
    let options: ModelOptions
    let uses: ChunkUses
    private let kernels: KernelTable
    private let cache: CachePlan?
    /// Where weights have to be streamed.
    private let conveyor: ConveyorPlan?
    /// What was built to be measured, where it can serve as it is.
    private var build: ModelBuild?

    /// Fails with `budget` where the budget can't be kept, with what it would need.
    public init(nest: NestReader, options: ModelOptions = ModelOptions(), kernels: KernelTable, threads: Int) throws(Failure) {
        let program = try ModelPlan.choose(nest, options), uses = ChunkUses(program, chunkCount: nest.chunks.count),
            cache = CachePlan(program)
        let arenaBytes = Int(program.arenaBytes) + NestLayout.slack
        if let budget = options.budgetBytes, arenaBytes > budget - options.takenBytes {
            let others = options.takenBytes > 0 ? "; \(megabytes(options.takenBytes)) are for the program itself" : ""
            throw Failure(.budget,
                          "\(nest.name): the arena alone takes \(megabytes(arenaBytes)), the budget is \(megabytes(budget))\(others)")
        }
        let weightBytes = uses.bytes(nest)
        var memory = ModelMemory()
        memory.tableBytes = nest.bytes.count - weightBytes
        memory.arenaBytes = arenaBytes
        memory.mappedBytes = nest.source.mappedBytes

        // Scratch doesn't depend on where the weights are, and only in attention on the length of the context: with the
        // weights in the mapping and the shortest context it can be measured.
        var context: Int?
        if let cache {
            context = options.budgetBytes == nil || options.contextLength != nil
                ? try cache.context(options, name: nest.name, fixedBytes: 0, weightBytes: 0, threads: threads) : LanguageState.leastContext
        }
        func built(_ context: Int?) throws(Failure) -> ModelBuild {
            var language: LanguageState?
            if let cache, let context { language = try LanguageState(program, cache, context: context, options) }
            return try ModelBuild(program, weights: WeightStore(nest, verify: options.verify), language: language, kernels: kernels,
                                  threads: threads)
        }
        var build = try built(context)
        var conveyor: ConveyorPlan?
        if let budget = options.budgetBytes {
            // Tables and vocabulary are mapped, and stay.
            let others = options.takenBytes + memory.tableBytes + arenaBytes
            if let cache, options.contextLength == nil {
                let fixed = others + build.scratchBytes(threads: threads)
                context = try cache.context(options, name: nest.name, fixedBytes: fixed, weightBytes: weightBytes, threads: threads)
                if context != LanguageState.leastContext { build = try built(context) }
            }
            let fixed = others + build.scratchBytes(threads: threads) + (build.language?.cache.bytes ?? 0)
            let plan = try ConveyorPlan(nest: nest, uses: uses, fixedBytes: fixed, budgetBytes: budget)
            if !plan.streamed.isEmpty { conveyor = plan }
        }
        memory.cacheBytes = build.language?.cache.bytes ?? 0
        memory.scratchBytes = build.scratchBytes(threads: threads)
        memory.residentWeightBytes = conveyor?.residentBytes ?? build.weights.residentBytes
        memory.streamedWeightBytes = conveyor?.streamedBytes ?? 0
        memory.windowBytes = conveyor?.windowBytes ?? 0
        self.nest = nest
        self.program = program
        self.threads = threads
        self.memory = memory
        contextLength = context
        self.options = options
        self.uses = uses
        self.kernels = kernels
        self.cache = cache
        self.conveyor = conveyor
        self.build = conveyor == nil ? build : nil
    }

    /// The steps where they will run: reads what of the weights stays in memory.
    func place() throws(Failure) -> ModelBuild {
        if let build {
            self.build = nil
            return build
        }
        var weights = WeightStore(nest, verify: options.verify)
        if let conveyor { weights = try Conveyor(nest, plan: conveyor, commonSteps: program.stepsBeforeLogits) }
        var language: LanguageState?
        if let cache, let contextLength { language = try LanguageState(program, cache, context: contextLength, options) }
        return try ModelBuild(program, weights: weights, language: language, kernels: kernels, threads: threads)
    }

    private static func choose(_ nest: NestReader, _ options: ModelOptions) throws(Failure) -> Program {
        if options.program == nil, options.batch == nil { return nest.programs[0] }
        for program in nest.programs {
            if let name = options.program { if program.name == name { return program } else { continue } }
            if Int(program.batch) == options.batch { return program }
        }
        var names = ""
        for program in nest.programs { names += (names.isEmpty ? "" : ", ") + "\(program.name) (batch \(program.batch))" }
        throw Failure(.usage, "\(nest.name): no program \(options.program ?? "for batch \(options.batch ?? 0)"); it has \(names)")
    }
}
