import Platform

/// Checks one instruction against its tensors and its piece of the weights. The tensors themselves are checked.
struct InstructionChecker {
    let program: Program
    let instruction: Instruction
    let chunks: [ChunkLocation]
    let stringCount: Int

    var words: [Int32] { instruction.attributes }
    var blobLength: Int { Int(instruction.blobLength) }

    func fail(_ text: String) -> Failure { Failure(.badFormat, text) }

    func require(_ condition: Bool, _ text: @autoclosure () -> String) throws(Failure) {
        if !condition { throw fail(text()) }
    }

    func tensor(_ index: Int32) throws(Failure) -> TensorRecord {
        guard program.tensors.indices.contains(Int(index)) else { throw fail("tensor \(index) does not exist") }
        return program.tensors[Int(index)]
    }

    func optional(_ index: Int32) throws(Failure) -> TensorRecord? { index == noTensor ? nil : try tensor(index) }

    /// The attributes, or a failure where there are too few words or an unknown value.
    func attributes<T>(_ value: T?) throws(Failure) -> T {
        guard let value else { throw fail("its attributes are incomplete or unknown") }
        return value
    }

    func check() throws(Failure) {
        try require(instruction.name >= -1 && Int(instruction.name) < stringCount, "its name is no string")
        if instruction.chunk == -1 {
            try require(instruction.blobLength == 0, "weights without a chunk")
        } else {
            guard chunks.indices.contains(Int(instruction.chunk)) else { throw fail("its chunk \(instruction.chunk) does not exist") }
            let length = Int64(chunks[Int(instruction.chunk)].length)
            try require(instruction.blobOffset >= 0 && instruction.blobOffset % Int64(NestLayout.blobAlignment) == 0
                        && instruction.blobOffset <= length && instruction.blobLength >= 0
                        && instruction.blobLength <= length - instruction.blobOffset, "its weights lie outside their chunk")
        }
        let ins = [instruction.inputs.0, instruction.inputs.1, instruction.inputs.2]
        let outs = [instruction.outputs.0, instruction.outputs.1, instruction.outputs.2, instruction.outputs.3]
        for index in ins where index != noTensor { _ = try tensor(index) }
        for index in outs where index != noTensor {
            try require(try tensor(index).storage != .constant, "writes to a constant")
        }
        try checkOverlap(ins: ins, outs: outs)
        try checkOperation()
    }

    private func checkOperation() throws(Failure) {
        switch instruction.opcode {
        case .convolution: try checkConvolution()
        case .depthwiseConvolution: try checkDepthwise()
        case .pointwiseDepthwise: try checkPair()
        case .binary: try checkBinary()
        case .averagePool, .maxPool: try checkPool()
        case .globalAverage: try checkGlobalAverage()
        case .copy: try checkCopy()
        case .resize: try checkResize()
        case .softmax: try checkSoftmax()
        case .lookup: try checkLookup()
        case .unary: try checkUnary()
        case .convert: try checkConvert()
        case .detectionPostprocess: try checkDetection()
        case .gru: try checkRecurrent(gates: 3)
        case .lstm: try checkRecurrent(gates: 4)
        case .embedding: try checkEmbedding()
        case .normalize: try checkNormalize()
        case .matrix: try checkMatrix()
        case .gatedMatrix: try checkGated()
        case .attention: try checkAttention()
        }
    }

    /// Results that overwrite what is still to be read would depend on the number of threads.
    private func checkOverlap(ins: [Int32], outs: [Int32]) throws(Failure) {
        let written = try writes(ins: ins, outs: outs)
        for (position, output) in written.enumerated() {
            for (slot, index) in ins.enumerated() where index != noTensor {
                let input = try tensor(index)
                if mayShare(slot, input, output, ins) { continue }
                try require(!overlap(input, output.record), "its output lies on its input")
            }
            for other in written[(position + 1)...] where other.slot != output.slot || other.tensor != output.tensor {
                try require(!overlap(other.record, output.record), "two outputs lie on each other")
            }
        }
    }

    /// A tensor that is written, as wide as kernels write it.
    private struct Write {
        var tensor: Int32
        /// The operand's place among the outputs, or among the inputs where those are state.
        var slot: Int
        var record: TensorRecord
    }

    private func writes(ins: [Int32], outs: [Int32]) throws(Failure) -> [Write] {
        var writes: [Write] = []
        for (slot, index) in outs.enumerated() where index != noTensor {
            var record = try tensor(index)
            // Kernels write whole blocks of 16 outputs.
            if instruction.opcode == .matrix { record.channels = Int32(roundUp(Int(record.channels), to: 16)) }
            writes.append(Write(tensor: index, slot: slot, record: record))
        }
        // Persistent state is updated where it lies.
        if instruction.opcode.isRecurrent {
            for slot in 1...2 where ins[slot] != noTensor {
                let record = try tensor(ins[slot])
                if record.storage == .state { writes.append(Write(tensor: ins[slot], slot: slot, record: record)) }
            }
        }
        return writes
    }

    /// Whether an input may lie where an output goes.
    private func mayShare(_ slot: Int, _ input: TensorRecord, _ output: Write, _ ins: [Int32]) -> Bool {
        switch instruction.opcode {
        // A recurrent layer may leave its final state where it found the first.
        case .gru, .lstm: return slot > 0 && ins[slot] == output.tensor && ins[slot] != ins[0]
        // A matrix may add to what stands where its result goes.
        case .matrix: return slot == 1 && ins[1] != ins[0] && input.offset == output.record.offset && input.pixelStride == output.record.pixelStride
        // The rows of logits are not those that they come from.
        case .normalize:
            guard let a = NormalizeAttributes(words: words), a.selection == .all else { return false }
        case .binary, .lookup, .unary, .convert, .softmax: break
        default: return false
        }
        return input.offset == output.record.offset && input.pixelStride == output.record.pixelStride && input.type.size == output.record.type.size
            && input.pixels == output.record.pixels && input.channels == output.record.channels
    }

    private func overlap(_ a: TensorRecord, _ b: TensorRecord) -> Bool {
        if a.storage == .constant || b.storage == .constant { return false }
        let startA = Int(a.offset), startB = Int(b.offset)
        if startA + a.spanBytes <= startB || startB + b.spanBytes <= startA { return false }
        // Two slices of channels of one wider tensor: apart where their channels are.
        let stride = Int(a.pixelStride) * a.type.size
        if stride == Int(b.pixelStride) * b.type.size {
            let distance = ((startB - startA) % stride + stride) % stride
            if distance >= Int(a.channels) * a.type.size, distance + Int(b.channels) * b.type.size <= stride { return false }
        }
        return true
    }

    // MARK: shared by the operations

    func requireSameShape(_ a: TensorRecord, _ b: TensorRecord) throws(Failure) {
        try require(a.batch == b.batch && a.height == b.height && a.width == b.width && a.channels == b.channels, "its tensors differ in shape")
    }

    func requireDense(_ tensor: TensorRecord) throws(Failure) {
        try require(tensor.pixelStride == tensor.channels, "a tensor that must be dense isn't")
    }

    func requireClamp(_ minimum: Int32, _ maximum: Int32) throws(Failure) {
        try require(minimum >= -128 && minimum <= maximum && maximum <= 127, "impossible clamp")
    }

    func requireScale(_ scale: Float) throws(Failure) {
        try require(scale.isNormal && scale > 0 && scale < 1e30 && scale > 1e-30, "impossible scale")
    }

    func requireQuantised(_ tensor: TensorRecord) throws(Failure) { try requireScale(tensor.scale) }

    /// A window whose first tap is at most its size before the image and whose last one starts inside.
    func requireWindow(_ a: ConvolutionAttributes, _ input: TensorRecord, _ output: TensorRecord) throws(Failure) {
        for value in [a.kernelHeight, a.kernelWidth, a.strideY, a.strideX, a.dilationY, a.dilationX] {
            try require(value >= 1 && Int(value) <= NestLimits.step, "impossible kernel, stride or dilation \(value)")
        }
        try require(input.batch == output.batch, "its tensors differ in batch")
        for (pad, kernel, dilation, stride, from, to) in [(a.padTop, a.kernelHeight, a.dilationY, a.strideY, input.height, output.height),
                                                          (a.padLeft, a.kernelWidth, a.dilationX, a.strideX, input.width, output.width)] {
            try require(pad >= 0 && Int64(pad) <= (Int64(kernel) - 1) * Int64(dilation), "impossible padding \(pad)")
            try require((Int64(to) - 1) * Int64(stride) - Int64(pad) <= Int64(from) - 1, "its output is larger than its input gives")
        }
    }

    /// A part of the blob: offset a multiple of 64, inside.
    func requirePart(_ offset: Int32, _ bytes: Int, _ what: String) throws(Failure) {
        try require(offset >= 0 && Int(offset) % NestLayout.blobAlignment == 0 && Int(offset) <= blobLength && bytes <= blobLength - Int(offset),
                    "\(what) do not fit its piece of the weights")
    }
}

extension Opcode {
    fileprivate var isRecurrent: Bool { self == .gru || self == .lstm }
}
