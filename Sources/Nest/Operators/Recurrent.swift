import KernelFormats
import Platform

/// GRU or LSTM over a sequence (batch, 1, time, channels). Gate order and layouts are ONNX's: GRU z, r, h; LSTM i, o,
/// f, c. Blob: input weights [gate*hidden] x input as a float convolution's (CKernels.h), then recurrent weights the
/// same way at `recurrentOffset`, input bias at `inputBiasOffset`, recurrent bias at `recurrentBiasOffset`. Either of the
/// two matrices may be int8 instead: blocks of format q8 (LanguageKernels.h), its columns rounded up to 32 with zeros.
public struct RecurrentAttributes: AttributeFields, Equatable {
    public var hidden: Int32 = 0, inputs: Int32 = 0
    public var recurrentOffset: Int32 = 0, inputBiasOffset: Int32 = 0, recurrentBiasOffset: Int32 = 0
    /// GRU: 1 where the reset gate is applied after the recurrent product (linear_before_reset).
    public var resetAfterProduct: Int32 = 0
    /// 1: the state tensors start from zero on every run instead of carrying over.
    public var startsFromZero: Int32 = 0
    /// 0: float32; `int8`: q8, its activations quantised in groups of 32 on every step.
    public var inputFormat: Int32 = 0, recurrentFormat: Int32 = 0

    /// MATRIX_Q8 of LanguageKernels.h.
    public static let int8 = MatrixFormat.q8.rawValue

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("hidden", &hidden)
        codec.integer("inputs", &inputs)
        codec.integer("recurrentOffset", &recurrentOffset)
        codec.integer("inputBiasOffset", &inputBiasOffset)
        codec.integer("recurrentBiasOffset", &recurrentBiasOffset)
        codec.integer("resetAfterProduct", &resetAfterProduct)
        codec.integer("startsFromZero", &startsFromZero)
        codec.integer("inputFormat", &inputFormat)
        codec.integer("recurrentFormat", &recurrentFormat)
    }
}

#if !hasFeature(Embedded)
extension RecurrentAttributes {
    public func multiplyAccumulates(_ instruction: Instruction, _ input: TensorRecord, _ output: TensorRecord) -> Int {
        input.pixels * (instruction.opcode == .gru ? 3 : 4) * Int(hidden) * (Int(inputs) + Int(hidden))
    }
}
#endif

extension Operator {
    static let gru = Operator("GRU", .recurrent, RecurrentAttributes.self, sharing: { _ in .state }) { (checker, a) throws(Failure) in
        try checker.checkRecurrent(a, gates: 3)
    }
    static let lstm = Operator("LSTM", .recurrent, RecurrentAttributes.self, sharing: { _ in .state }) { (checker, a) throws(Failure) in
        try checker.checkRecurrent(a, gates: 4)
    }
}

extension InstructionChecker {
    func checkRecurrent(_ a: RecurrentAttributes, gates: Int) throws(Failure) {
        let x = try tensor(instruction.inputs.0)
        try require(a.hidden >= 1 && a.hidden <= 1 << 14 && a.inputs >= 1 && a.inputs <= 1 << 14, "impossible sizes")
        try require(x.type == .float32 && x.channels == a.inputs && x.height == 1, "its input does not fit")
        let hidden = Int(a.hidden), rows = gates * hidden
        // The bytes of a float convolution's weights: rows rounded up to 16.
        let width = roundUp(rows, to: 16) * 4
        func matrixBytes(_ columns: Int, _ format: Int32) throws(Failure) -> Int {
            try require(format == 0 || format == RecurrentAttributes.int8, "unknown format \(format) of its weights")
            return format == 0 ? Int(clamping: Int64(columns) * Int64(width))
                : MatrixBlocks.bytes(format: format, outputs: rows, inputs: roundUp(columns, to: 32))
        }
        try requirePart(0, try matrixBytes(Int(a.inputs), a.inputFormat), "weights")
        try requirePart(a.recurrentOffset, try matrixBytes(hidden, a.recurrentFormat), "recurrent weights")
        try requirePart(a.inputBiasOffset, width, "biases")
        try requirePart(a.recurrentBiasOffset, width, "recurrent biases")
        func state(_ index: Int32) throws(Failure) {
            guard let state = try optional(index) else { return }
            try require(state.type == .float32 && Int64(state.elements) == Int64(x.batch) * Int64(hidden) && Int(state.channels) == hidden,
                        "its state does not fit")
        }
        try state(instruction.inputs.1)
        try state(instruction.outputs.1)
        if gates == 4 {
            try state(instruction.inputs.2)
            try state(instruction.outputs.2)
        }
        if let y = try optional(instruction.outputs.0) {
            try require(y.type == .float32 && Int(y.channels) == hidden && y.batch == x.batch && y.height == 1 && y.width == x.width,
                        "its output does not fit")
        }
    }
}
