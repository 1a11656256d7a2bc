import Kernels
import Nest
import Platform

/// The steps of a program, built on an arena and a place for weights. Memory is reserved, but the kernel gives it only as
/// it is touched: a build that is thrown away has cost addresses and time.
final class ModelBuild {
    let arena: PageMemory
    let weights: WeightStore
    /// What the steps of a language model share; nil in other models.
    let language: LanguageState?
    let steps: [Step]
    /// From one worker's scratch to the next's.
    let scratchStride: Int

    /// Tables and buffers that steps keep for themselves, all together.
    private static let mostOwnBytes = 256 << 20

    init(_ program: Program, weights: WeightStore, language: LanguageState?, kernels: KernelTable, threads: Int) throws(Failure) {
        arena = try PageMemory(count: Int(program.arenaBytes) + NestLayout.slack)
        self.weights = weights
        self.language = language
        var steps: [Step] = []
        var own = 0, most = 0
        steps.reserveCapacity(program.instructions.count)
        for (index, instruction) in program.instructions.enumerated() {
            let context = StepContext(program: program, instruction: instruction, index: index, arena: arena.baseAddress, weights: weights,
                                      kernels: kernels, threads: threads, language: language)
            let step = try instruction.opcode.step(context)
            own += step.ownBytes
            most = max(most, step.scratchBytes)
            let shared = language?.rotary.bytes ?? 0
            // Every step is small by itself, but a hostile file can hold many.
            guard own + shared <= ModelBuild.mostOwnBytes else {
                throw Failure(.resource, "the steps of program \(program.name) keep more than \(megabytes(ModelBuild.mostOwnBytes))")
            }
            steps.append(step)
        }
        self.steps = steps
        // Workers' parts lie a page apart from each other's ends, so that they never share a cache line.
        scratchStride = roundUp(most + NestLayout.slack, to: 4096)
    }

    /// Scratch of all workers, and what steps keep for themselves.
    func scratchBytes(threads: Int) -> Int { scratchStride * threads + steps.reduce(0) { $0 + $1.ownBytes } }
}
