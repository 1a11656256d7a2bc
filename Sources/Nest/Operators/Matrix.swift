import Platform

/// A matrix times quantised rows. inputs: activation [, addend]; output: float32 rows with room for `outputs` rounded
/// up to 16; the addend has the output's stride and may be the output.
public struct MatrixAttributes: AttributeFields, Equatable {
    public var format: Int32 = 0, inputs: Int32 = 0, outputs: Int32 = 0
    public var selection = RowSelection.all
    /// softCap * tanh(y / softCap); 0: none.
    public var softCap: Float = 0
    /// Where a float32 for each output, added to all rows, lies in the blob; -1: nowhere.
    public var biasOffset: Int32 = -1

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("format", &format)
        codec.integer("inputs", &inputs)
        codec.integer("outputs", &outputs)
        codec.choice("selection", &selection)
        codec.float("softCap", &softCap)
        codec.added("biasOffset", &biasOffset)
    }
}

extension Operator {
    static let matrix = Operator("matrix", .matrix, MatrixAttributes.self, isOfLanguage: true, block: 16,
                                 sharing: { _ in .addend }) { (checker, a) throws(Failure) in
        try checker.checkMatrix(a)
    }
}

extension InstructionChecker {
    func checkMatrix(_ a: MatrixAttributes) throws(Failure) {
        try requireMatrix(a.format, inputs: a.inputs, outputs: a.outputs)
        try requirePart(0, MatrixBlocks.bytes(format: a.format, outputs: Int(a.outputs), inputs: Int(a.inputs)), "its weights")
        if a.biasOffset != -1 { try requirePart(a.biasOffset, Int(a.outputs) * 4, "its bias") }
        try require(a.softCap.isFinite && a.softCap >= 0, "impossible soft cap")
        try requireActivation(instruction.inputs.0, values: a.inputs, a.selection)
        let y = try requireFloats(instruction.outputs.0, columns: Int(a.outputs), a.selection, dense: false)
        // Kernels write whole blocks of 16 outputs.
        try require(y.pixels == 1 || Int(y.pixelStride) >= roundUp(Int(a.outputs), to: 16),
                    "its rows lie too close for whole blocks of outputs")
        let end = y.offset + Int64(((y.pixels - 1) * Int(y.pixelStride) + roundUp(Int(a.outputs), to: 16)) * 4)
        try require(end <= (y.storage == .state ? program.stateBytes : program.arenaBytes),
                    "its last block of outputs lies outside the arena")
        if instruction.inputs.1 != noTensor {
            let addend = try requireFloats(instruction.inputs.1, columns: Int(a.outputs), a.selection, dense: false)
            try require(addend.pixelStride == y.pixelStride, "its addend differs in stride")
        }
    }
}
