import Nest

/// What an instruction costs and how a person names it; for tables and drawings.
public struct InstructionDescription: Sendable {
    public var index: Int
    public var operation: String
    /// Where in the source model it came from, and what was fused.
    public var source: String
    public var inputShape: String
    public var outputShape: String
    public var multiplyAccumulates: Int
    public var outputOffset: Int64?
    public var chunk: Int?
    public var weightBytes: Int
}

extension TensorRecord {
    /// "1x112x112x32"; a channel slice says of how many.
    public var shapeText: String {
        let shape = "\(batch)x\(height)x\(width)x\(channels)"
        return pixelStride == channels ? shape : shape + "/\(pixelStride)"
    }
}

extension Program {
    func tensor(_ index: Int32) -> TensorRecord? { tensors.indices.contains(Int(index)) ? tensors[Int(index)] : nil }

    /// Every instruction, in order. The program has been checked by the reader.
    public func described(strings: [String]) -> [InstructionDescription] {
        instructions.enumerated().map { index, instruction in
            let input = tensor(instruction.inputs.0), output = tensor(instruction.outputs.0)
            let name = Int(instruction.name)
            return InstructionDescription(
                index: index, operation: instruction.opcode.description.title(instruction, self),
                    source: strings.indices.contains(name) ? strings[name] : "",
                inputShape: input?.shapeText ?? "", outputShape: output?.shapeText ?? "",
                multiplyAccumulates: work(instruction, input, output),
                outputOffset: output.flatMap { $0.storage == .constant ? nil : $0.offset },
                chunk: instruction.chunk >= 0 ? Int(instruction.chunk) : nil, weightBytes: Int(instruction.blobLength))
        }
    }

    private func work(_ instruction: Instruction, _ input: TensorRecord?, _ output: TensorRecord?) -> Int {
        guard let input, let output else { return 0 }
        return instruction.opcode.description.multiplyAccumulates(instruction, input, output)
    }

    /// Buffers of the arena as the program's tensors show them: bytes that lie inside others' are one buffer with them.
    public func arenaBuffers() -> (buffers: [ArenaBuffer], offsets: [Int64], names: [Int32]) {
        var first = [Int](repeating: .max, count: tensors.count), last = [Int](repeating: -1, count: tensors.count)
        func touch(_ tensor: Int32, _ step: Int) {
            guard tensors.indices.contains(Int(tensor)) else { return }
            first[Int(tensor)] = min(first[Int(tensor)], step)
            last[Int(tensor)] = max(last[Int(tensor)], step)
        }
        for input in inputs { touch(input, 0) }
        for (step, instruction) in instructions.enumerated() {
            let (a, b, c) = instruction.inputs
            let (p, q, r, s) = instruction.outputs
            for tensor in [a, b, c, p, q, r, s] { touch(tensor, step) }
        }
        for output in outputs { touch(output, max(0, instructions.count - 1)) }
        extendBackToWriters(&first)
        // Largest first, so that a view or slice finds the buffer it lies in.
        let order = tensors.indices.filter { tensors[$0].storage == .arena && last[$0] >= 0 }.sorted {
            (tensors[$0].spanBytes, -$0) > (tensors[$1].spanBytes, -$1)
        }
        var buffers: [ArenaBuffer] = [], offsets: [Int64] = [], names: [Int32] = []
        for index in order {
            let start = tensors[index].offset, end = start + Int64(tensors[index].spanBytes)
            let home = buffers.indices.first { candidate in
                offsets[candidate] <= start && end <= offsets[candidate] + Int64(buffers[candidate].bytes)
                    && first[index] <= buffers[candidate].last && buffers[candidate].first <= last[index]
            }
            if let home {
                buffers[home].first = min(buffers[home].first, first[index])
                buffers[home].last = max(buffers[home].last, last[index])
            } else {
                buffers.append(ArenaBuffer(bytes: tensors[index].spanBytes, first: first[index], last: last[index]))
                offsets.append(start)
                names.append(tensors[index].name)
            }
        }
        return (buffers, offsets, names)
    }

    /// A tensor that no instruction writes as a whole (a joined one, a view) is there from the first of those that
    /// write into its bytes, back to the last instruction that wrote something else there.
    private func extendBackToWriters(_ first: inout [Int]) {
        func bytes(_ index: Int32) -> Range<Int64> {
            tensors[Int(index)].offset..<tensors[Int(index)].offset + Int64(tensors[Int(index)].spanBytes)
        }
        func written(_ step: Int) -> [Int32] {
            let (p, q, r, s) = instructions[step].outputs
            return [p, q, r, s].filter { tensors.indices.contains(Int($0)) && tensors[Int($0)].storage == .arena }
        }
        var wholes = Set<Int32>()
        for step in instructions.indices { wholes.formUnion(written(step)) }
        for index in tensors.indices where tensors[index].storage == .arena && first[index] != .max && !wholes.contains(Int32(index))
            && !inputs.contains(Int32(index)) {
            let own = bytes(Int32(index))
            var step = min(first[index], instructions.count) - 1
            while step >= 0 {
                let overlapping = written(step).map(bytes).filter { $0.overlaps(own) }
                if overlapping.contains(where: { $0.lowerBound < own.lowerBound || $0.upperBound > own.upperBound }) { break }
                if !overlapping.isEmpty { first[index] = step }
                step -= 1
            }
        }
    }
}
