import Platform

/// Root mean square norm; the weights (float32) are the blob. inputs: x [, addend]; outputs: quantised activation or
/// none, float32 rows or none. With an addend there are only floats: addend + norm(x).
public struct NormalizeAttributes: AttributeFields, Equatable {
    public var columns: Int32 = 0
    public var epsilon: Float = 0
    public var selection = RowSelection.all

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("columns", &columns)
        codec.float("epsilon", &epsilon)
        codec.choice("selection", &selection)
    }
}

extension Operator {
    // The rows of logits are not those that they come from, so that only all rows may be normalised in place.
    static let normalize = Operator("normalise", .elementwise, NormalizeAttributes.self, isOfLanguage: true,
                                    sharing: { $0.selection == .all ? .elementwise : .none }) { (checker, a) throws(Failure) in
        try checker.checkNormalize(a)
    }
}

extension InstructionChecker {
    func checkNormalize(_ a: NormalizeAttributes) throws(Failure) {
        try require(a.columns >= 16 && a.columns % 16 == 0 && Int(a.columns) <= LanguageLimits.columns, "impossible width \(a.columns)")
        try require(!a.selection.isOfFrames, "it works on rows of tokens alone")
        try require(a.epsilon.isFinite && a.epsilon >= 0, "impossible epsilon")
        try requirePart(0, Int(a.columns) * 4, "norm weights")
        try requireFloats(instruction.inputs.0, columns: Int(a.columns), .all)
        if instruction.inputs.1 != noTensor {
            try requireFloats(instruction.inputs.1, columns: Int(a.columns), .all)
            try require(a.selection == .all && instruction.outputs.0 == noTensor && instruction.outputs.1 != noTensor,
                        "an addend needs float results of all rows")
        }
        if instruction.outputs.0 != noTensor { try requireActivation(instruction.outputs.0, values: a.columns, a.selection) }
        if instruction.outputs.1 != noTensor { try requireFloats(instruction.outputs.1, columns: Int(a.columns), a.selection) }
        try require(instruction.outputs.0 != noTensor || instruction.outputs.1 != noTensor, "no output")
    }
}
