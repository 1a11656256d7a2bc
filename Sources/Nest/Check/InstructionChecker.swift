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
        for index in program.operands(of: instruction) where index != noTensor { _ = try tensor(index) }
        for write in program.extent(of: instruction).writes { try require(write.record.storage != .constant, "writes to a constant") }
        try checkOverlap()
        try instruction.opcode.description.check(self)
    }

    /// Results that overwrite what is still to be read would depend on the number of threads.
    private func checkOverlap() throws(Failure) {
        let extent = program.extent(of: instruction), sharing = instruction.opcode.description.sharing(words)
        for (position, write) in extent.writes.enumerated() {
            for read in extent.reads where !sharing.allows(read, write, extent) {
                try require(!read.record.overlaps(write.record), "its output lies on its input")
            }
            // A state may be continued where it lies: written once.
            for other in extent.writes[(position + 1)...] where other.tensor != write.tensor || other.slot != write.slot {
                try require(!other.record.overlaps(write.record), "two outputs lie on each other")
            }
        }
    }

    // MARK: shared by the operations

    func sameImages(_ x: TensorRecord, _ y: TensorRecord) throws(Failure) {
        try require(x.type == y.type && (x.type == .int8 || x.type == .float32), "only int8 and float32 are supported")
        try require(x.batch == y.batch && x.channels == y.channels, "its tensors differ in batch or channels")
    }

    func requireSameShape(_ a: TensorRecord, _ b: TensorRecord) throws(Failure) {
        try require(a.batch == b.batch && a.height == b.height && a.width == b.width && a.channels == b.channels,
                    "its tensors differ in shape")
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
        try require(offset >= 0 && Int(offset) % NestLayout.blobAlignment == 0 && Int(offset) <= blobLength
                    && bytes <= blobLength - Int(offset),
                    "\(what) do not fit its piece of the weights")
    }
}
