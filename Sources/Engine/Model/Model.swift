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
    /// It has a deadline: it doesn't wait at the pool's gate.
    public var isUrgent = false
    /// How long it has waited there since load, nanoseconds.
    public private(set) var gateNanoseconds: Int64 = 0

    /// Maps the nest at `path`, checks it and makes it ready. Fails with `budget` where the budget can't be kept.
    public convenience init(path: String, options: ModelOptions = ModelOptions(), kernels: KernelTable, pool: ThreadPool) throws(Failure) {
        try self.init(nest: try NestReader.open(path), options: options, kernels: kernels, pool: pool)
    }

    /// A nest that is in memory; its bytes are copied.
    public convenience init(bytes: [UInt8], options: ModelOptions = ModelOptions(), kernels: KernelTable,
                            pool: ThreadPool) throws(Failure) {
        try self.init(nest: try NestReader(bytes: bytes), options: options, kernels: kernels, pool: pool)
    }

    /// What the compiler has just made, checked like a file.
    public convenience init(contents: NestContents, options: ModelOptions = ModelOptions(), kernels: KernelTable,
                            pool: ThreadPool) throws(Failure) {
        try self.init(bytes: NestWriter.bytes(contents), options: options, kernels: kernels, pool: pool)
    }

    /// Fails with `budget` where the budget can't be kept, with what it would need.
    public convenience init(nest: NestReader, options: ModelOptions = ModelOptions(), kernels: KernelTable,
                            pool: ThreadPool) throws(Failure) {
        try self.init(plan: try ModelPlan(nest: nest, options: options, kernels: kernels, threads: pool.threads), pool: pool)
    }

    /// Places what was planned for as many threads as the pool has.
    public init(plan: ModelPlan, pool: ThreadPool) throws(Failure) {
        guard plan.threads == pool.threads else { throw Failure(.usage, "planned for \(plan.threads) threads, not \(pool.threads)") }
        let build = try plan.place()
        let steps = build.steps
        let scratch = try PageMemory(count: build.scratchStride * pool.threads)
        for step in steps { step.setScratch(scratch.baseAddress, stride: build.scratchStride) }
        // So that a plain `run` has a row to work on.
        build.language?.begin(rows: 1, position: 0, logitRows: 1)
        nest = plan.nest
        program = plan.program
        self.steps = steps
        arena = build.arena
        self.scratch = scratch
        weights = build.weights
        self.pool = pool
        verify = plan.options.verify
        checked = [Bool](repeating: false, count: steps.count)
        plannedMemory = plan.memory
        uses = plan.uses
        language = build.language
        commonSteps = program.stepsBeforeLogits
    }

    // MARK: what the model is

    /// The value of a metadata key of the nest; nil where it has none.
    public func metadata(_ key: String) -> String? { nest.metadata(key) }
    /// How many tensors a run takes and gives.
    public var inputCount: Int { program.inputs.count }
    public var outputCount: Int { program.outputs.count }
    /// Type, shape and quantisation of an input, counted from 0 in the nest's order.
    public func inputRecord(_ i: Int) -> TensorRecord { program.tensors[Int(program.inputs[i])] }
    /// Type, shape and quantisation of an output, counted from 0 in the nest's order.
    public func outputRecord(_ i: Int) -> TensorRecord { program.tensors[Int(program.outputs[i])] }
    /// The name of an instruction in the source model.
    public func name(ofInstruction index: Int) -> String { nest.string(program.instructions[index].name) }

    /// The input's bytes in the arena; fill all of them before every run, because later tensors reuse them.
    public func input(_ i: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(mutating: tensorBytes(Int(program.inputs[i])))
    }
    /// The output's bytes; good until the next run.
    public func output(_ i: Int) -> UnsafeRawBufferPointer { tensorBytes(Int(program.outputs[i])) }

    /// A tensor's bytes, first element to last; activations only hold while their instruction is the newest to use them.
    public func tensorBytes(_ index: Int) -> UnsafeRawBufferPointer {
        let record = program.tensors[index]
        let base = record.storage == .constant ? weights.address(Int(record.chunk)) : UnsafeRawPointer(arena.baseAddress)
        return UnsafeRawBufferPointer(start: base + Int(record.offset), count: record.spanBytes)
    }

    /// The bytes it takes, as planned at load.
    public var memory: ModelMemory { plannedMemory }
    /// What streaming the weights has cost since load; all 0 where they stay in memory.
    public var counters: ConveyorCounters { weights.counters }
    /// Weights that are in physical memory now, of mapping or window; asks the kernel.
    public var residentWeightBytes: Int { weights.physicalBytes }

    // MARK: running

    /// Zeros the state: recurrent layers start anew. What speech models keep is replaced by the next utterance.
    public func reset() {
        guard language == nil else { return }
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

    /// Some of the steps, of a model whose weights stay in memory: the encoder's or the decoder's. False where `isCancelled`, which
    /// is asked before each of them, ended it.
    @discardableResult
    func run(_ range: Range<Int>, isCancelled: () -> Bool = { false }) throws(Failure) -> Bool {
        var isWhole = true
        for index in range {
            isWhole = !isCancelled()
            guard isWhole else { break }
            try execute(index)
        }
        try finish()
        return isWhole
    }

    /// Bytes of the weights that the program reads.
    var weightBytes: Int { uses.bytes(nest) }

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
        if !isUrgent { gateNanoseconds += pool.gate.pass() }
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
        if let failure = weights.takeFailure() { throw failure }
    }

    private func check(_ step: Step) throws(Failure) {
        if verify { for chunk in uses.chunks(ofStep: step.index) { try weights.verifyOnce(chunk) } }
        do throws(Failure) { try step.checkWeights() } catch {
            throw Failure(error.kind,
                "\(nest.name): instruction \(step.index) (\(program.instructions[step.index].opcode.title)): \(error.description)")
        }
        checked[step.index] = true
    }
}
