import KernelFormats
import Platform

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
    /// Speech: positions of the encoder, those of the silence tail included.
    case frames = 2
    /// Speech: positions of the encoder's convolutions, which know of no tail.
    case stem = 3

    /// Counted by the program's second input.
    var isOfFrames: Bool { self == .frames || self == .stem }
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

/// Bounds of language models: far above any model for these boards, low enough that no product leaves 64 bits.
public enum LanguageLimits {
    /// Rows (tokens) of one run.
    public static let rows = 512
    /// Positions of a speech encoder.
    static let frames = 4096
    /// Positions of a cache.
    public static let context = 1 << 20
    static let vocabulary = 1 << 22
    static let columns = 1 << 20
    static let heads = 1 << 10
    static let headDimension = 512
}

extension InstructionChecker {
    func requireMatrix(_ format: Int32, inputs: Int32, outputs: Int32) throws(Failure) {
        try require(MatrixBlocks.bytes(format: format) != nil, "unknown format \(format) of weights")
        try require(inputs >= 32 && inputs % 32 == 0 && Int(inputs) <= LanguageLimits.columns && outputs >= 1
                    && Int(outputs) <= LanguageLimits.vocabulary,
                    "impossible matrix of \(outputs) by \(inputs)")
    }

    /// The rows of a tensor, which must be those of the whole program.
    func rows(_ tensor: TensorRecord, _ selection: RowSelection, heights: ClosedRange<Int32> = 1...1) throws(Failure) -> Int {
        if selection.isOfFrames { return try frames(tensor, heights: heights) }
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
    func requireFloats(_ index: Int32, columns: Int, _ selection: RowSelection, dense: Bool = true) throws(Failure) -> TensorRecord {
        let tensor = try tensor(index)
        _ = try rows(tensor, selection)
        try require(tensor.type == .float32 && Int(tensor.channels) == columns && tensor.storage != .constant,
                    "a tensor is no float32 of \(columns) columns")
        if dense { try requireDense(tensor) }
        return tensor
    }

    func requireActivation(_ index: Int32, values: Int32, _ selection: RowSelection) throws(Failure) {
        let tensor = try tensor(index)
        _ = try rows(tensor, selection, heights: 1...2)
        try require(tensor.type == .int8 && values >= 32 && values % 32 == 0 && Int(tensor.channels) == Int(values) / 32 * 40
                    && tensor.storage != .constant
                    && tensor.offset % 64 == 0, "a tensor is no quantised activation of \(values) values")
        try requireDense(tensor)
    }
}
