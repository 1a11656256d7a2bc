import Platform

/// Checks a program so completely that the engine may execute it without looking at bounds again.
struct ProgramChecker {
    let chunks: [ChunkLocation]
    let stringCount: Int

    func check(_ program: Program) throws(Failure) {
        func require(_ condition: Bool, _ text: @autoclosure () -> String) throws(Failure) {
            if !condition { throw Failure(.badFormat, text()) }
        }
        try require(program.batch >= 1 && Int(program.batch) <= NestLimits.dimension, "impossible batch \(program.batch)")
        try require(program.stateBytes >= 0 && program.stateBytes <= program.arenaBytes && program.arenaBytes <= NestLimits.arenaBytes,
                    "impossible arena of \(program.arenaBytes) bytes with \(program.stateBytes) of state")
        for (index, tensor) in program.tensors.enumerated() {
            if let reason = reason(against: tensor, program) { throw Failure(.badFormat, "tensor \(index): \(reason)") }
        }
        try require(!program.inputs.isEmpty && !program.outputs.isEmpty, "no inputs or no outputs")
        for input in program.inputs {
            try require(program.tensors.indices.contains(Int(input)) && program.tensors[Int(input)].storage != .constant,
                        "input \(input) is no tensor of the arena")
        }
        for output in program.outputs {
            // Who asked for an output may change it where it lies, as a sampler does with logits: weights can't be written to.
            try require(program.tensors.indices.contains(Int(output)) && program.tensors[Int(output)].storage != .constant,
                        "output \(output) is no tensor of the arena")
        }
        try require(!program.instructions.contains { $0.opcode.description.isOfLanguage }
                    || program.instructions.contains { $0.opcode == .embedding },
                    "instructions of a language model without an embedding")
        for (index, instruction) in program.instructions.enumerated() {
            do throws(Failure) {
                try InstructionChecker(program: program, instruction: instruction, chunks: chunks, stringCount: stringCount).check()
            } catch {
                throw Failure(error.kind, "instruction \(index) (\(instruction.opcode.title)): \(error.description)")
            }
        }
    }

    private func reason(against tensor: TensorRecord, _ program: Program) -> String? {
        for dimension in [tensor.batch, tensor.height, tensor.width, tensor.channels, tensor.pixelStride]
        where dimension < 1 || Int(dimension) > NestLimits.dimension {
            return "impossible dimension \(dimension)"
        }
        if tensor.pixelStride < tensor.channels { return "pixel stride \(tensor.pixelStride) below \(tensor.channels) channels" }
        // Each factor is below 2^25, so a product that is checked after every step can't leave 64 bits.
        var bytes = Int64(tensor.type.size)
        for factor in [tensor.batch, tensor.height, tensor.width, tensor.pixelStride] {
            bytes *= Int64(factor)
            if bytes > Int64(NestLimits.tensorBytes) { return "larger than \(NestLimits.tensorBytes) bytes" }
        }
        if !tensor.scale.isFinite || tensor.scale < 0 { return "impossible scale" }
        let zeroPoints: ClosedRange<Int32> = tensor.type == .int8 ? -128...127 : -65536...65536
        if !zeroPoints.contains(tensor.zeroPoint) { return "impossible zero point \(tensor.zeroPoint)" }
        if tensor.name < -1 || Int(tensor.name) >= stringCount { return "its name is no string" }
        if tensor.offset < 0 || tensor.offset % Int64(tensor.type.size) != 0 { return "impossible offset \(tensor.offset)" }
        let start: Int64, end: Int64
        switch tensor.storage {
        case .arena: (start, end) = (program.stateBytes, program.arenaBytes)
        case .state: (start, end) = (0, program.stateBytes)
        case .constant:
            guard chunks.indices.contains(Int(tensor.chunk)) else { return "its chunk \(tensor.chunk) does not exist" }
            (start, end) = (0, Int64(chunks[Int(tensor.chunk)].length))
        }
        if tensor.offset < start || tensor.offset > end || Int64(tensor.spanBytes) > end - tensor.offset {
            return "\(tensor.spanBytes) bytes at \(tensor.offset) lie outside its "
                + "\(tensor.storage == .constant ? "chunk" : "part of the arena")"
        }
        return nil
    }
}
