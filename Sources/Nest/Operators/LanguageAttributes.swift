import KernelFormats

// The words of the instructions of language models. How many rows (tokens) a run has, and where they stand in the
// text, is no matter of the file: an instruction is written for T rows, the length of the program's first input, and
// runs with any number up to it.
//
// A quantised activation is an int8 tensor of T rows and n/32*40 channels, n the number of values: first the values
// [T][n], then their scales [T][n/32] and sums [T][n/32], both float32 (LanguageKernels.h). Its height is 1, or 2 where
// every row has a second one beside it for what rounding to 8 bits left: [T][2][n], [T][2][n/32] twice.

/// Which rows an instruction works on.
public enum RowSelection: Int32, Sendable {
    /// Every row of the run.
    case all = 0
    /// Those whose logits are wanted: the last ones. Results stand from row 0 on.
    case logits = 1
}

/// Matrices of few bits, as the engine needs to know them before any weight is read.
public enum MatrixBlocks {
    /// Bytes of a block of 16 outputs by 32 inputs, by format (LanguageKernels.h); nil for an unknown one.
    public static func bytes(format: Int32) -> Int? {
        MatrixFormat(number: format)?.blockBytes
    }

    /// Bytes of a whole matrix, the largest Int where they are more. The sizes have been checked.
    static func bytes(format: Int32, outputs: Int, inputs: Int) -> Int {
        Int(clamping: Int64((outputs + 15) / 16) * Int64(inputs / 32) * Int64(bytes(format: format) ?? 0))
    }
}

/// Rows of a packed matrix, gathered by token: input: tokens (int32), output: float32 rows. The matrix may be the
/// head's, cut into pieces of `pieceRows` rows, each at the start of a chunk: `firstChunk` and those after it.
public struct EmbeddingAttributes: Sendable, Equatable {
    public var format: Int32 = 0, vocabulary: Int32 = 0, width: Int32 = 0
    public var firstChunk: Int32 = 0, pieceRows: Int32 = 0
    public var scale: Float = 1
    /// Positions that the model was trained for.
    public var contextLength: Int32 = 0

    public init() {}

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        format = reader.integer(); vocabulary = reader.integer(); width = reader.integer(); firstChunk = reader.integer(); pieceRows = reader.integer()
        scale = reader.float(); contextLength = reader.integer()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { [format, vocabulary, width, firstChunk, pieceRows, word(scale), contextLength] }
}

/// Root mean square norm; the weights (float32) are the blob. inputs: x [, addend]; outputs: quantised activation or
/// none, float32 rows or none. With an addend there are only floats: addend + norm(x).
public struct NormalizeAttributes: Sendable, Equatable {
    public var columns: Int32 = 0
    public var epsilon: Float = 0
    public var selection = RowSelection.all

    public init() {}

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        columns = reader.integer(); epsilon = reader.float()
        guard let selection = RowSelection(rawValue: reader.integer()), !reader.overrun else { return nil }
        self.selection = selection
    }

    public var words: [Int32] { [columns, word(epsilon), selection.rawValue] }
}

/// A matrix times quantised rows. inputs: activation [, addend]; output: float32 rows with room for `outputs` rounded
/// up to 16; the addend has the output's stride and may be the output.
public struct MatrixAttributes: Sendable, Equatable {
    public var format: Int32 = 0, inputs: Int32 = 0, outputs: Int32 = 0
    public var selection = RowSelection.all
    /// softCap * tanh(y / softCap); 0: none.
    public var softCap: Float = 0

    public init() {}

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        format = reader.integer(); inputs = reader.integer(); outputs = reader.integer()
        guard let selection = RowSelection(rawValue: reader.integer()) else { return nil }
        self.selection = selection
        softCap = reader.float()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { [format, inputs, outputs, selection.rawValue, word(softCap)] }
}

/// Gate and up projections, activation(gate) * up, quantised. The matrix's outputs are interleaved: 32 of the gate,
/// 32 of up, and so on. `features` of the result, from `firstFeature` on: a large matrix is cut into pieces.
public struct GatedAttributes: Sendable, Equatable {
    public var format: Int32 = 0, inputs: Int32 = 0, features: Int32 = 0, firstFeature: Int32 = 0
    /// 0: SiLU, 1: GELU in its tanh form.
    public var function: Int32 = 0

    public init() {}

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        format = reader.integer(); inputs = reader.integer(); features = reader.integer(); firstFeature = reader.integer(); function = reader.integer()
        if reader.overrun { return nil }
    }

    public var words: [Int32] { [format, inputs, features, firstFeature, function] }
}

/// Rotary embedding, key-value cache and attention of one layer. Input: float32 rows of queries, keys and values,
/// [heads + 2*keyValueHeads][headDimension]; output: quantised activation of heads*headDimension values. Pairs that are
/// rotated lie half a head apart. Blob: norm weights (float32) of each head's query and of its key, where there are any.
public struct AttentionAttributes: Sendable, Equatable {
    public var heads: Int32 = 0, keyValueHeads: Int32 = 0, headDimension: Int32 = 0
    /// Positions that a query sees, its own included; 0: all.
    public var window: Int32 = 0
    public var rotaryBase: Float = 10_000
    /// Positions are divided by this before the rotation.
    public var rotaryScale: Float = 1
    public var scale: Float = 1
    public var softCap: Float = 0
    /// Where the query's norm weights lie in the blob, -1: no norm; the key's likewise.
    public var queryNormOffset: Int32 = -1, keyNormOffset: Int32 = -1
    public var normEpsilon: Float = 0
    /// What each pair's frequency is divided by, one for each pair of a head; empty: 1. The last words, where there are any.
    public var rotaryFactors: [Float] = []

    public init() {}

    public init?(words: [Int32]) {
        var reader = WordReader(words)
        heads = reader.integer(); keyValueHeads = reader.integer(); headDimension = reader.integer(); window = reader.integer()
        rotaryBase = reader.float(); rotaryScale = reader.float(); scale = reader.float(); softCap = reader.float()
        queryNormOffset = reader.integer(); keyNormOffset = reader.integer(); normEpsilon = reader.float()
        if reader.overrun { return nil }
        while reader.next < words.count { rotaryFactors.append(reader.float()) }
    }

    public var words: [Int32] {
        [heads, keyValueHeads, headDimension, window, word(rotaryBase), word(rotaryScale), word(scale), word(softCap),
         queryNormOffset, keyNormOffset, word(normEpsilon)] + rotaryFactors.map { word($0) }
    }
}
