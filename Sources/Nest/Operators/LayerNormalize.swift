import Platform

/// Layer norm: (x - mean) / sqrt(variance + epsilon) * weight + bias, quantised. Blob: weights and, at `biasOffset`, biases
/// (float32).
public struct LayerNormalizeAttributes: AttributeFields, Equatable {
    public var columns: Int32 = 0
    public var epsilon: Float = 0
    public var selection = RowSelection.all
    public var biasOffset: Int32 = 0

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("columns", &columns)
        codec.float("epsilon", &epsilon)
        codec.choice("selection", &selection)
        codec.integer("biasOffset", &biasOffset)
    }
}

extension Operator {
    static let layerNormalize = Operator("layer norm", .elementwise, LayerNormalizeAttributes.self,
                                         isOfLanguage: true) { (checker, a) throws(Failure) in
        try checker.checkLayerNormalize(a)
    }
}

extension InstructionChecker {
    func checkLayerNormalize(_ a: LayerNormalizeAttributes) throws(Failure) {
        try require(a.columns >= 32 && a.columns % 32 == 0 && Int(a.columns) <= LanguageLimits.columns, "impossible width \(a.columns)")
        try require(a.epsilon.isFinite && a.epsilon >= 0, "impossible epsilon")
        try requirePart(0, Int(a.columns) * 4, "norm weights")
        try requirePart(a.biasOffset, Int(a.columns) * 4, "norm biases")
        try requireFloats(instruction.inputs.0, columns: Int(a.columns), a.selection == .logits ? .all : a.selection)
        try requireActivation(instruction.outputs.0, values: a.columns, a.selection)
    }
}
