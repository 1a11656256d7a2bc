import Platform

/// Attention without a rotation. Inputs: float32 queries, [heads][headDimension]; memory; where it looks at the encoder's
/// positions, what is added to the score of each (float32), or none. Output: quantised activation. Rows see what stands in
/// memory up to their own position (`isCausal`), or all of the encoder's positions.
public struct HeadAttentionAttributes: AttributeFields, Equatable {
    public var heads: Int32 = 0, headDimension: Int32 = 0
    public var scale: Float = 1
    /// 1: rows are tokens that see those before them.
    public var isCausal: Int32 = 0
    public var selection = RowSelection.all

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("heads", &heads)
        codec.integer("headDimension", &headDimension)
        codec.float("scale", &scale)
        codec.integer("isCausal", &isCausal)
        codec.choice("selection", &selection)
    }
}

extension Operator {
    static let headAttention = Operator("attention to memory", .attention, HeadAttentionAttributes.self,
                                        isOfLanguage: true) { (checker, a) throws(Failure) in
        try checker.checkHeadAttention(a)
    }
}

extension InstructionChecker {
    func checkHeadAttention(_ a: HeadAttentionAttributes) throws(Failure) {
        try requireHeads(a.heads, a.headDimension)
        try require(a.scale.isFinite, "impossible scale")
        try require(a.isCausal == 0 || a.isCausal == 1, "unknown kind \(a.isCausal)")
        try require(a.selection == .all || (a.selection == .frames && a.isCausal == 0), "it works on rows of tokens or of the encoder")
        let width = Int(a.heads) * Int(a.headDimension)
        try requireFloats(instruction.inputs.0, columns: width, a.selection, dense: false)
        let slots = try requireMemory(instruction.inputs.1, width: width)
        if a.isCausal == 0 { try require(slots == (try frameCount()), "its memory has \(slots) slots, not one for each position") }
        if instruction.inputs.2 != noTensor {
            try require(a.isCausal == 0, "only scores of the encoder's positions can be added to")
            try requireFloats(instruction.inputs.2, columns: 1, .frames)
        }
        try requireActivation(instruction.outputs.0, values: a.heads * a.headDimension, a.selection)
    }
}
