/// What one execution of an instruction reads and writes in the arena.
public struct Extent: Sendable {
    /// A tensor as an operand.
    public struct Place: Sendable {
        public var tensor: Int32
        /// The operand's place among the inputs, or among the outputs; a state's place is the same in both.
        public var slot: Int
        /// As wide as kernels read or write it.
        public var record: TensorRecord
    }

    public var reads: [Place] = []
    public var writes: [Place] = []
}

extension Program {
    /// All operands, absent ones included.
    func operands(of instruction: Instruction) -> [Int32] {
        let (a, b, c) = instruction.inputs
        let (p, q, r, s) = instruction.outputs
        return [a, b, c, p, q, r, s]
    }

    /// What an instruction reads and writes. Its operands exist.
    public func extent(of instruction: Instruction) -> Extent {
        let operands = operands(of: instruction), description = instruction.opcode.description
        var extent = Extent()
        for (slot, index) in operands[0..<3].enumerated() where index != noTensor {
            extent.reads.append(Extent.Place(tensor: index, slot: slot, record: tensors[Int(index)]))
        }
        for (slot, index) in operands[3...].enumerated() where index != noTensor {
            var record = tensors[Int(index)]
            record.channels = Int32(roundUp(Int(record.channels), to: description.block))
            extent.writes.append(Extent.Place(tensor: index, slot: slot, record: record))
        }
        // Persistent state is updated where it lies, though it is an input.
        if case .state = description.sharing(instruction.attributes) {
            for read in extent.reads where read.slot > 0 && read.record.storage == .state { extent.writes.append(read) }
        }
        return extent
    }
}

extension Operator.Sharing {
    /// Whether what is read may lie where something is written.
    func allows(_ read: Extent.Place, _ write: Extent.Place, _ extent: Extent) -> Bool {
        let a = read.record, b = write.record
        switch self {
        case .none: return false
        case .elementwise:
            return a.offset == b.offset && a.pixelStride == b.pixelStride && a.type.size == b.type.size && a.pixels == b.pixels
                && a.channels == b.channels
        case .addend:
            return read.slot == 1 && a.offset == b.offset && a.pixelStride == b.pixelStride && extent.reads[0].tensor != read.tensor
        case .state:
            return read.slot > 0 && read.tensor == write.tensor && extent.reads[0].tensor != read.tensor
        }
    }
}

extension TensorRecord {
    /// Bytes from the first element to the last one's end; less than `bytes` where this is a slice of channels.
    public var spanBytes: Int { ((pixels - 1) * Int(pixelStride) + Int(channels)) * type.size }

    /// Whether two tensors of the arena have a byte in common.
    public func overlaps(_ other: TensorRecord) -> Bool {
        if storage == .constant || other.storage == .constant { return false }
        let start = Int(offset), startOfOther = Int(other.offset)
        if start + spanBytes <= startOfOther || startOfOther + other.spanBytes <= start { return false }
        // Two slices of channels of one wider tensor: apart where their channels are.
        let stride = Int(pixelStride) * type.size
        if stride == Int(other.pixelStride) * other.type.size {
            let distance = ((startOfOther - start) % stride + stride) % stride
            if distance >= Int(channels) * type.size, distance + Int(other.channels) * other.type.size <= stride { return false }
        }
        return true
    }
}
