import Nest

/// Which chunks of weights each instruction of a program reads.
struct ChunkUses {
    /// For every chunk the first and last instruction that reads it; nil: none does.
    private(set) var spans: [ClosedRange<Int>?]
    private var perStep: [[Int]]

    init(_ program: Program, chunkCount: Int) {
        spans = [ClosedRange<Int>?](repeating: nil, count: chunkCount)
        perStep = []
        perStep.reserveCapacity(program.instructions.count)
        for (index, instruction) in program.instructions.enumerated() {
            var chunks: [Int] = []
            if instruction.chunk >= 0 { chunks.append(Int(instruction.chunk)) }
            for input in [instruction.inputs.0, instruction.inputs.1, instruction.inputs.2] where input != noTensor {
                let tensor = program.tensors[Int(input)]
                if tensor.storage == .constant, !chunks.contains(Int(tensor.chunk)) { chunks.append(Int(tensor.chunk)) }
            }
            for chunk in chunks { spans[chunk] = (spans[chunk]?.lowerBound ?? index)...index }
            perStep.append(chunks)
        }
        // An output that is a constant is read after the run, by the caller.
        for output in program.outputs where program.tensors[Int(output)].storage == .constant {
            spans[Int(program.tensors[Int(output)].chunk)] = 0...max(0, program.instructions.count - 1)
        }
    }

    /// Bytes of all chunks that are read.
    func bytes(_ nest: NestReader) -> Int {
        var sum = 0
        for (chunk, span) in spans.enumerated() where span != nil { sum += nest.chunks[chunk].length }
        return sum
    }

    func chunks(ofStep step: Int) -> [Int] { perStep[step] }
}
