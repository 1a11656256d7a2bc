import Platform

/// Bounds of language models: far above any model for these boards, low enough that no product leaves 64 bits.
public enum LanguageLimits {
    /// Rows (tokens) of one run.
    public static let rows = 512
    /// Positions of a cache.
    public static let context = 1 << 20
    static let vocabulary = 1 << 22
    static let columns = 1 << 20
    static let heads = 1 << 10
    static let headDimension = 512
}

extension InstructionChecker {
    func checkEmbedding() throws(Failure) {
        let a = try attributes(EmbeddingAttributes(words: words))
        try requireMatrix(a.format, inputs: a.width, outputs: a.vocabulary)
        try require(a.scale.isFinite, "impossible scale")
        try require(a.contextLength >= 1 && Int(a.contextLength) <= LanguageLimits.context, "impossible context of \(a.contextLength)")
        let tokens = try tensor(instruction.inputs.0)
        try require(instruction.inputs.0 == program.inputs[0], "its tokens are not the program's first input")
        _ = try rows(tokens, .all)
        try requireFloats(instruction.outputs.0, columns: Int(a.width), .all)
        try require(a.pieceRows >= 16 && a.pieceRows % 16 == 0 && Int(a.pieceRows) <= LanguageLimits.vocabulary, "impossible pieces of \(a.pieceRows) rows")
        try require(a.firstChunk >= 0, "its chunk \(a.firstChunk) does not exist")
        var chunk = Int(a.firstChunk), row = 0
        while row < Int(a.vocabulary) {
            let count = min(Int(a.pieceRows), Int(a.vocabulary) - row)
            try require(chunk < chunks.count && MatrixBlocks.bytes(format: a.format, outputs: count, inputs: Int(a.width)) <= chunks[chunk].length,
                        "row \(row) lies outside its chunk \(chunk)")
            row += count
            chunk += 1
        }
    }

    func checkNormalize() throws(Failure) {
        let a = try attributes(NormalizeAttributes(words: words))
        try require(a.columns >= 16 && a.columns % 16 == 0 && Int(a.columns) <= LanguageLimits.columns, "impossible width \(a.columns)")
        try require(a.epsilon.isFinite && a.epsilon >= 0, "impossible epsilon")
        try requirePart(0, Int(a.columns) * 4, "norm weights")
        try requireFloats(instruction.inputs.0, columns: Int(a.columns), .all)
        if instruction.inputs.1 != noTensor {
            try requireFloats(instruction.inputs.1, columns: Int(a.columns), .all)
            try require(a.selection == .all && instruction.outputs.0 == noTensor && instruction.outputs.1 != noTensor, "an addend needs float results of all rows")
        }
        if instruction.outputs.0 != noTensor { try requireActivation(instruction.outputs.0, values: a.columns, a.selection) }
        if instruction.outputs.1 != noTensor { try requireFloats(instruction.outputs.1, columns: Int(a.columns), a.selection) }
        try require(instruction.outputs.0 != noTensor || instruction.outputs.1 != noTensor, "no output")
    }

    func checkMatrix() throws(Failure) {
        let a = try attributes(MatrixAttributes(words: words))
        try requireMatrix(a.format, inputs: a.inputs, outputs: a.outputs)
        try requirePart(0, MatrixBlocks.bytes(format: a.format, outputs: Int(a.outputs), inputs: Int(a.inputs)), "its weights")
        try require(a.softCap.isFinite && a.softCap >= 0, "impossible soft cap")
        try requireActivation(instruction.inputs.0, values: a.inputs, a.selection)
        let y = try requireFloats(instruction.outputs.0, columns: Int(a.outputs), a.selection, dense: false)
        // Kernels write whole blocks of 16 outputs.
        try require(y.pixels == 1 || Int(y.pixelStride) >= roundUp(Int(a.outputs), to: 16), "its rows lie too close for whole blocks of outputs")
        let end = y.offset + Int64(((y.pixels - 1) * Int(y.pixelStride) + roundUp(Int(a.outputs), to: 16)) * 4)
        try require(end <= (y.storage == .state ? program.stateBytes : program.arenaBytes), "its last block of outputs lies outside the arena")
        if instruction.inputs.1 != noTensor {
            let addend = try requireFloats(instruction.inputs.1, columns: Int(a.outputs), a.selection, dense: false)
            try require(addend.pixelStride == y.pixelStride, "its addend differs in stride")
        }
    }

    func checkGated() throws(Failure) {
        let a = try attributes(GatedAttributes(words: words))
        try require(a.features >= 32 && a.features % 32 == 0 && Int(a.features) <= LanguageLimits.columns && a.firstFeature >= 0 && a.firstFeature % 32 == 0,
                    "impossible features \(a.firstFeature) + \(a.features)")
        try requireMatrix(a.format, inputs: a.inputs, outputs: 2 * a.features)
        try requirePart(0, MatrixBlocks.bytes(format: a.format, outputs: 2 * Int(a.features), inputs: Int(a.inputs)), "its weights")
        try require(a.function == 0 || a.function == 1, "unknown function \(a.function)")
        try requireActivation(instruction.inputs.0, values: a.inputs, .all)
        let y = try tensor(instruction.outputs.0)
        let values = y.channels / 40 * 32
        try requireActivation(instruction.outputs.0, values: values, .all)
        try require(Int64(a.firstFeature) + Int64(a.features) <= Int64(values), "its features don't fit its output")
    }

    func checkAttention() throws(Failure) {
        let a = try attributes(AttentionAttributes(words: words))
        try require(a.heads >= 1 && Int(a.heads) <= LanguageLimits.heads && a.keyValueHeads >= 1 && a.keyValueHeads <= a.heads && a.heads % a.keyValueHeads == 0,
                    "impossible \(a.heads) heads over \(a.keyValueHeads)")
        try require(a.headDimension >= 16 && a.headDimension % 16 == 0 && Int(a.headDimension) <= LanguageLimits.headDimension, "impossible heads of \(a.headDimension)")
        try require(a.heads * a.headDimension % 32 == 0, "heads of \(a.heads * a.headDimension) values altogether can't be quantised")
        try require(a.window >= 0 && Int(a.window) <= LanguageLimits.context, "impossible window \(a.window)")
        try require(a.rotaryBase.isFinite && a.rotaryBase >= 1 && a.rotaryScale.isFinite && a.rotaryScale > 0, "impossible rotation")
        try require(a.rotaryFactors.isEmpty || a.rotaryFactors.count == Int(a.headDimension) / 2, "\(a.rotaryFactors.count) rotary factors for heads of \(a.headDimension)")
        for factor in a.rotaryFactors { try require(factor.isFinite && factor > 0, "impossible rotary factor") }
        try require(a.scale.isFinite && a.softCap.isFinite && a.softCap >= 0 && a.normEpsilon.isFinite && a.normEpsilon >= 0, "impossible scale")
        for offset in [a.queryNormOffset, a.keyNormOffset] where offset != -1 { try requirePart(offset, Int(a.headDimension) * 4, "norm weights") }
        try requireFloats(instruction.inputs.0, columns: Int(a.heads + 2 * a.keyValueHeads) * Int(a.headDimension), .all)
        try requireActivation(instruction.outputs.0, values: a.heads * a.headDimension, .all)
    }

    // MARK: shared by them

    private func requireMatrix(_ format: Int32, inputs: Int32, outputs: Int32) throws(Failure) {
        try require(MatrixBlocks.bytes(format: format) != nil, "unknown format \(format) of weights")
        try require(inputs >= 32 && inputs % 32 == 0 && Int(inputs) <= LanguageLimits.columns && outputs >= 1 && Int(outputs) <= LanguageLimits.vocabulary,
                    "impossible matrix of \(outputs) by \(inputs)")
    }

    /// The rows of a tensor, which must be those of the whole program.
    private func rows(_ tensor: TensorRecord, _ selection: RowSelection, heights: ClosedRange<Int32> = 1...1) throws(Failure) -> Int {
        let tokens = program.tensors[Int(program.inputs[0])]
        try require(tokens.type == .int32 && tokens.channels == 1 && tokens.pixelStride == 1 && tokens.batch == 1 && tokens.height == 1
                    && Int(tokens.width) <= LanguageLimits.rows, "the program's first input is no list of tokens")
        var expected = tokens.width
        if selection == .logits {
            let logits = program.tensors[Int(program.outputs[0])]
            try require(logits.width <= tokens.width, "more rows of logits than of tokens")
            expected = logits.width
        }
        try require(tensor.batch == 1 && heights.contains(tensor.height) && tensor.width == expected, "its tensors differ in rows")
        return Int(expected)
    }

    @discardableResult
    private func requireFloats(_ index: Int32, columns: Int, _ selection: RowSelection, dense: Bool = true) throws(Failure) -> TensorRecord {
        let tensor = try tensor(index)
        _ = try rows(tensor, selection)
        try require(tensor.type == .float32 && Int(tensor.channels) == columns && tensor.storage != .constant, "a tensor is no float32 of \(columns) columns")
        if dense { try requireDense(tensor) }
        return tensor
    }

    private func requireActivation(_ index: Int32, values: Int32, _ selection: RowSelection) throws(Failure) {
        let tensor = try tensor(index)
        _ = try rows(tensor, selection, heights: 1...2)
        try require(tensor.type == .int8 && values >= 32 && values % 32 == 0 && Int(tensor.channels) == Int(values) / 32 * 40 && tensor.storage != .constant
                    && tensor.offset % 64 == 0, "a tensor is no quantised activation of \(values) values")
        try requireDense(tensor)
    }
}
