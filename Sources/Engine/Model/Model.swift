import Kernels
import Nest
import Platform

/// A nest made ready to run: everything is planned and allocated here, so that `run` is a loop over steps.
/// Not to be used from two threads at once.
public final class Model {
    public let nest: NestReader
    public let program: Program
    private let steps: [Step]
    private let arena: PageMemory
    private let scratch: PageMemory
    private let weights: WeightStore
    private let pool: ThreadPool
    private var checked: [Bool]
    private let verify: Bool
    private let plannedMemory: ModelMemory
    private let uses: ChunkUses
    /// What the steps of a language model share; nil in other models.
    let language: LanguageState?
    /// Steps of a pass that wants no logits.
    private let commonSteps: Int

    public convenience init(path: String, options: ModelOptions = ModelOptions(), kernels: KernelTable, pool: ThreadPool) throws(Failure) {
        try self.init(nest: try NestReader.open(path), options: options, kernels: kernels, pool: pool)
    }

    /// A nest that is in memory; its bytes are copied.
    public convenience init(bytes: [UInt8], options: ModelOptions = ModelOptions(), kernels: KernelTable, pool: ThreadPool) throws(Failure) {
        try self.init(nest: try NestReader(bytes: bytes), options: options, kernels: kernels, pool: pool)
    }

    /// What the compiler has just made, checked like a file.
    public convenience init(contents: NestContents, options: ModelOptions = ModelOptions(), kernels: KernelTable, pool: ThreadPool) throws(Failure) {
        try self.init(bytes: NestWriter.bytes(contents), options: options, kernels: kernels, pool: pool)
    }

    /// Fails with `budget` where the budget can't be kept, with what it would need.
    public init(nest: NestReader, options: ModelOptions = ModelOptions(), kernels: KernelTable, pool: ThreadPool) throws(Failure) {
        let program = try Model.choose(nest, options)
        let chunkUses = ChunkUses(program, chunkCount: nest.chunks.count)
        // The arena and scratch decide what is left for weights, so they are sized before the weights are placed.
        // Steps are built on addresses, hence the arena first; the kernel gives its pages only when touched.
        let arenaBytes = Int(program.arenaBytes) + NestLayout.slack
        if let budget = options.budgetBytes, arenaBytes > budget - options.takenBytes {
            let others = options.takenBytes > 0 ? "; \(megabytes(options.takenBytes)) are for the program itself" : ""
            throw Failure(.budget, "\(nest.name): the arena alone takes \(megabytes(arenaBytes)), the budget is \(megabytes(budget))\(others)")
        }
        let arena = try PageMemory(count: arenaBytes)
        let tableBytes = nest.bytes.count - chunkUses.bytes(nest)
        let cachePlan = CachePlan(program), commonSteps = program.stepsBeforeLogits
        var language: LanguageState?
        let weights: WeightStore
        if let budget = options.budgetBytes {
            // Scratch doesn't depend on where the weights are, but steps do: they are built once on the mapping to be
            // measured, and again below where the weights move.
            language = try cachePlan.map { (plan) throws(Failure) in try LanguageState(program, plan, context: LanguageState.leastContext, options) }
            // Tables and vocabulary are mapped, and stay.
            var fixed = options.takenBytes + tableBytes + arenaBytes + Model.scratchBytes(try Model.build(program, arena, WeightStore(nest), kernels, pool, language), pool)
            if let cachePlan {
                let context = try cachePlan.context(options, name: nest.name, fixedBytes: fixed, weightBytes: chunkUses.bytes(nest), threads: pool.threads)
                language = try LanguageState(program, cachePlan, context: context, options)
                fixed += language!.cache.bytes + cachePlan.scratchBytes(context: context, threads: pool.threads)
            }
            let plan = try ConveyorPlan(nest: nest, uses: chunkUses, fixedBytes: fixed, budgetBytes: budget)
            weights = plan.streamed.isEmpty ? WeightStore(nest) : try Conveyor(nest, plan: plan, commonSteps: commonSteps)
        } else {
            language = try cachePlan.map { (plan) throws(Failure) in
                try LanguageState(program, plan, context: try plan.context(options, name: nest.name, fixedBytes: 0, weightBytes: 0, threads: pool.threads), options)
            }
            weights = WeightStore(nest)
        }
        let steps = try Model.build(program, arena, weights, kernels, pool, language)
        let stride = Model.scratchStride(steps)
        let scratch = try PageMemory(count: stride * pool.threads)
        for step in steps { step.setScratch(scratch.baseAddress, stride: stride) }
        // So that a plain `run` has a row to work on.
        language?.begin(rows: 1, position: 0, logitRows: 1)

        var memory = ModelMemory()
        memory.tableBytes = tableBytes
        memory.arenaBytes = arenaBytes
        memory.cacheBytes = language?.cache.bytes ?? 0
        memory.scratchBytes = stride * pool.threads + steps.reduce(0) { $0 + $1.ownBytes }
        memory.mappedBytes = nest.file?.bytes.count ?? 0
        memory.residentWeightBytes = weights.residentBytes
        memory.streamedWeightBytes = weights.streamedChunkBytes
        memory.windowBytes = weights.windowBytes
        self.nest = nest
        self.program = program
        self.steps = steps
        self.arena = arena
        self.scratch = scratch
        self.weights = weights
        self.pool = pool
        self.verify = options.verify
        checked = [Bool](repeating: false, count: steps.count)
        plannedMemory = memory
        uses = chunkUses
        self.language = language
        self.commonSteps = commonSteps
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

    /// Tables and buffers that steps keep for themselves, all together.
    private static let mostOwnBytes = 256 << 20

    private static func build(_ program: Program, _ arena: PageMemory, _ weights: WeightStore, _ kernels: KernelTable, _ pool: ThreadPool,
                              _ language: LanguageState?) throws(Failure) -> [Step] {
        var steps: [Step] = []
        var own = 0
        steps.reserveCapacity(program.instructions.count)
        for (index, instruction) in program.instructions.enumerated() {
            let context = StepContext(program: program, instruction: instruction, index: index, arena: arena.baseAddress, weights: weights,
                                      kernels: kernels, threads: pool.threads, language: language)
            let step = try instruction.opcode.step(context)
            own += step.ownBytes
            let shared = language?.rotary.bytes ?? 0
            // Every step is small by itself, but a hostile file can hold many.
            guard own + shared <= mostOwnBytes else { throw Failure(.resource, "the steps of program \(program.name) keep more than \(megabytes(mostOwnBytes))") }
            steps.append(step)
        }
        return steps
    }

    private static func scratchStride(_ steps: [Step]) -> Int {
        var most = 0
        for step in steps { most = max(most, step.scratchBytes) }
        // Workers' parts lie a page apart from each other's ends, so that they never share a cache line.
        return roundUp(most + NestLayout.slack, to: 4096)
    }

    private static func scratchBytes(_ steps: [Step], _ pool: ThreadPool) -> Int {
        scratchStride(steps) * pool.threads + steps.reduce(0) { $0 + $1.ownBytes }
    }

    // MARK: what the model is

    public func metadata(_ key: String) -> String? { nest.metadata(key) }
    public var inputCount: Int { program.inputs.count }
    public var outputCount: Int { program.outputs.count }
    public func inputRecord(_ i: Int) -> TensorRecord { program.tensors[Int(program.inputs[i])] }
    public func outputRecord(_ i: Int) -> TensorRecord { program.tensors[Int(program.outputs[i])] }
    /// The name of an instruction in the source model.
    public func name(ofInstruction index: Int) -> String { nest.string(program.instructions[index].name) }

    /// The input's bytes in the arena; fill all of them before every run, because later tensors reuse them.
    public func input(_ i: Int) -> UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(mutating: tensorBytes(Int(program.inputs[i]))) }
    /// The output's bytes; good until the next run.
    public func output(_ i: Int) -> UnsafeRawBufferPointer { tensorBytes(Int(program.outputs[i])) }

    /// A tensor's bytes, first element to last; activations only hold while their instruction is the newest to use them.
    public func tensorBytes(_ index: Int) -> UnsafeRawBufferPointer {
        let record = program.tensors[index]
        let base = record.storage == .constant ? weights.address(Int(record.chunk)) : UnsafeRawPointer(arena.baseAddress)
        return UnsafeRawBufferPointer(start: base + Int(record.offset), count: record.spanBytes)
    }

    public var memory: ModelMemory { plannedMemory }
    public var counters: ConveyorCounters { weights.counters }
    /// Weights that are in physical memory now, of mapping or window; asks the kernel.
    public var residentWeightBytes: Int { weights.physicalBytes }

    // MARK: running

    /// Zeros the state: recurrent layers start anew.
    public func reset() {
        arena.bytes.baseAddress!.initializeMemory(as: UInt8.self, repeating: 0, count: Int(program.stateBytes))
    }

    /// One pass from inputs to outputs. Fails where weights turn out damaged or can't be read; state is then undefined.
    public func run() throws(Failure) {
        try run(withLogits: true)
    }

    /// One pass of a language model; without logits, the steps that only they need are left out.
    func run(withLogits: Bool) throws(Failure) {
        let count = withLogits ? steps.count : commonSteps
        weights.begin(steps: count)
        for index in 0..<count { try execute(index) }
        try finish()
    }

    /// The same, calling `observe` with the index of each instruction after it.
    public func run(observe: (_ instruction: Int) -> Void) throws(Failure) {
        weights.begin(steps: steps.count)
        for index in 0..<steps.count {
            try execute(index)
            observe(index)
        }
        try finish()
    }

    @inline(__always)
    private func execute(_ index: Int) throws(Failure) {
        let step = steps[index]
        do throws(Failure) {
            try weights.need(step: index)
            if !checked[index] { try check(step) }
        } catch {
            weights.rewind()
            throw error
        }
        var phase = 0
        while step.prepare(phase) {
            pool.run(step)
            phase += 1
        }
        weights.done(step: index)
    }

    private func finish() throws(Failure) {
        weights.end()
        if let failure = weights.failure { throw failure }
    }

    private func check(_ step: Step) throws(Failure) {
        if verify { for chunk in uses.chunks(ofStep: step.index) { try weights.verifyOnce(chunk) } }
        do throws(Failure) { try step.checkWeights() } catch {
            throw Failure(error.kind, "\(nest.name): instruction \(step.index) (\(program.instructions[step.index].opcode.title)): \(error.description)")
        }
        checked[step.index] = true
    }
}
