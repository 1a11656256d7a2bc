import Nest

/// Bytes that a program's run moves between memory and processor, by instruction: weights once, and what layers hand on where
/// it is more than a cache holds.
public struct MemoryTraffic: Sendable {
    /// One instruction's.
    public struct Layer: Sendable {
        public var weightBytes: Int64 = 0
        public var activationBytes: Int64 = 0
    }

    public private(set) var layers: [Layer] = []
    public private(set) var weightBytes: Int64 = 0, activationBytes: Int64 = 0
    /// The model with all that it works on fits the cache: after the first run nothing moves.
    public private(set) var fitsCache = false

    /// - Parameters:
    ///   - isTokenwise: the program takes tokens, several at a time: activations are counted for one of them.
    ///   - cacheBytes: what the processor keeps by itself.
    public init(_ program: Program, isTokenwise: Bool, cacheBytes: Int64) {
        let rows = isTokenwise ? program.inputs.first.map { Int64(program.tensors[Int($0)].width) } ?? 1 : 1
        for instruction in program.instructions {
            var layer = Layer()
            // A token's row alone is looked up: nothing beside a layer's matrices.
            if instruction.opcode != .embedding { layer.weightBytes = instruction.blobLength }
            var moved: Int64 = 0
            for index in [instruction.inputs.0, instruction.inputs.1, instruction.inputs.2, instruction.outputs.0,
                          instruction.outputs.1, instruction.outputs.2, instruction.outputs.3] where index != noTensor {
                let tensor = program.tensors[Int(index)], bytes = Int64(tensor.elements) * Int64(tensor.type.size)
                if tensor.storage == .constant { layer.weightBytes += bytes } else { moved += bytes / max(rows, 1) }
            }
            if moved > cacheBytes { layer.activationBytes = moved }
            layers.append(layer)
            weightBytes += layer.weightBytes
            activationBytes += layer.activationBytes
        }
        fitsCache = weightBytes + program.arenaBytes <= cacheBytes
        guard fitsCache else { return }
        layers = [Layer](repeating: Layer(), count: layers.count)
        (weightBytes, activationBytes) = (0, 0)
    }

    /// Weights and activations of a run.
    public var totalBytes: Int64 { weightBytes + activationBytes }
}
