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
    private let builder: ModelBuilder
    /// Where weights stand apart from the mapping: which of them stay, and which are streamed.
    private let conveyor: ConveyorPlan?
    /// What was built to be measured.
    private var build: ModelBuild?

    /// Fails with `budget` where the budget can't be kept, with what it would need.
    public init(nest: NestReader, options: ModelOptions = ModelOptions(), kernels: KernelTable, threads: Int) throws(Failure) {
        let program = try ModelPlan.choose(nest, options), uses = ChunkUses(program, chunkCount: nest.chunks.count),
            cache = CachePlan(program)
        let builder = ModelBuilder(nest: nest, program: program, cache: cache, options: options, kernels: kernels, threads: threads)
        var memory = try ModelPlan.fixed(nest, program, uses, options)
        let weightBytes = uses.bytes(nest), others = options.takenBytes + memory.tableBytes + memory.arenaBytes
        var build = try builder.build(isApart: ModelPlan.willBeTight(nest, options, cache, bytes: others + weightBytes))
        var context: Int?, conveyor: ConveyorPlan?
        if let cache {
            // Scratch depends on the context only in attention: at the least it can be measured.
            try build.placeCache(context: LanguageState.leastContext)
            let fixed = others + build.scratchBytes(threads: threads)
            context = try cache.context(options, name: nest.name, fixedBytes: fixed, weightBytes: weightBytes, threads: threads)
            try build.placeCache(context: context ?? LanguageState.leastContext)
        }
        memory.cacheBytes = build.language?.cache.bytes ?? 0
        memory.scratchBytes = build.scratchBytes(threads: threads)
        if let budget = options.budgetBytes {
            let plan = try ConveyorPlan(nest: nest, uses: uses, fixedBytes: others + memory.scratchBytes + memory.cacheBytes,
                                        budgetBytes: budget)
            if !plan.streamed.isEmpty, !build.weights.isApart { build = try builder.build(isApart: true, context: context) }
            if build.weights.isApart {
                conveyor = plan
                memory.residentWeightBytes = plan.residentBytes
                memory.streamedWeightBytes = plan.streamedBytes
                memory.windowBytes = plan.windowBytes
            }
        }
        if conveyor == nil { memory.residentWeightBytes = build.weights.residentBytes }
        self.nest = nest
        self.program = program
        self.threads = threads
        self.memory = memory
        contextLength = context
        self.options = options
        self.uses = uses
        self.builder = builder
        self.conveyor = conveyor
        self.build = build
    }

    /// What is there whatever comes of the weights.
    private static func fixed(_ nest: NestReader, _ program: Program, _ uses: ChunkUses, _ options: ModelOptions) throws(Failure)
        -> ModelMemory {
        var memory = ModelMemory()
        // Tables and vocabulary are mapped, and stay.
        memory.tableBytes = nest.bytes.count - uses.bytes(nest)
        memory.arenaBytes = Int(program.arenaBytes) + NestLayout.slack
        memory.mappedBytes = nest.source.mappedBytes
        if let budget = options.budgetBytes, memory.arenaBytes > budget - options.takenBytes {
            let others = options.takenBytes > 0 ? "; \(megabytes(options.takenBytes)) are for the program itself" : ""
            throw Failure(.budget, "\(nest.name): the arena alone takes \(megabytes(memory.arenaBytes)), the budget is "
                + "\(megabytes(budget))\(others)")
        }
        return memory
    }

    /// Whether scratch, which is known only of steps that are built, may be what doesn't fit beside `bytes` and the cache: then
    /// steps are built for weights apart from the mapping, so that they serve whether these are streamed or all stay. An eighth
    /// of the budget is what a cache of no wished length takes at least.
    private static func willBeTight(_ nest: NestReader, _ options: ModelOptions, _ cache: CachePlan?, bytes: Int) -> Bool {
        guard let budget = options.budgetBytes, nest.source.isStreamable else { return false }
        let wished = options.contextLength.map { cache?.bytes(context: max(0, min($0, LanguageLimits.context))) ?? 0 } ?? 0
        return bytes + wished > budget - budget / 8
    }

    /// The steps where they will run: reads what of the weights stays in memory.
    func place() throws(Failure) -> ModelBuild {
        // The first model takes what was measured.
        let build: ModelBuild
        if let measured = self.build { build = measured } else {
            build = try builder.build(isApart: conveyor != nil, context: contextLength)
        }
        self.build = nil
        if let conveyor { try build.weights.start(conveyor, commonSteps: program.stepsBeforeLogits) }
        return build
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
