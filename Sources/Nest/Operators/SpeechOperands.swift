import Platform

// The words of the instructions of speech models: an encoder over frames and a decoder over tokens, in one program. A run
// executes the encoder's instructions, which come first, or the decoder's. The program's inputs: tokens (int32), positions of
// the encoder's rows (int32), log-mel frames in pairs, one pair more than there are positions, and what is added to the
// attention scores of each position (float32, in the arena's state). How many rows a run has is no matter of the file, as in
// language models: rows of frames are counted by the second input, rows of tokens by the first.
//
// What attention looks at is memory: float16, height 2 (keys, then values), a row for each slot. Memory of the encoder's own
// attention is a part of the arena like any other; that of the decoder lies in its state and stays from run to run.

extension InstructionChecker {
    /// The rows of a tensor, which must be those of the encoder.
    func frames(_ tensor: TensorRecord, heights: ClosedRange<Int32> = 1...1) throws(Failure) -> Int {
        let count = try frameCount()
        try require(tensor.batch == 1 && heights.contains(tensor.height) && Int(tensor.width) == count, "its tensors differ in rows")
        return count
    }

    /// The most rows of the encoder.
    func frameCount() throws(Failure) -> Int {
        try require(program.inputs.count >= 2, "there are no positions of an encoder among the program's inputs")
        let positions = program.tensors[Int(program.inputs[1])]
        try require(positions.type == .int32 && positions.channels == 1 && positions.pixelStride == 1 && positions.batch == 1
                    && positions.height == 1 && Int(positions.width) <= LanguageLimits.frames,
                    "the program's second input is no list of positions")
        return Int(positions.width)
    }

    /// Keys and values of so many halves each; gives their slots.
    @discardableResult
    func requireMemory(_ index: Int32, width: Int) throws(Failure) -> Int {
        let memory = try tensor(index)
        try require(memory.type == .float16 && memory.batch == 1 && memory.height == 2 && Int(memory.channels) == width
                    && memory.storage != .constant && memory.offset % 64 == 0, "a tensor holds no keys and values of \(width) halves")
        try requireDense(memory)
        return Int(memory.width)
    }

    func requireHeads(_ heads: Int32, _ dimension: Int32) throws(Failure) {
        try require(heads >= 1 && Int(heads) <= LanguageLimits.heads && dimension >= 32 && dimension % 32 == 0
                    && Int(dimension) <= LanguageLimits.headDimension, "impossible \(heads) heads of \(dimension)")
    }
}
