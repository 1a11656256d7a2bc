import Platform

/// GELU(matrix * x + bias), quantised; the exact GELU. `features` of the result, from `firstFeature` on: a large matrix is
/// cut into pieces. Blob: the matrix and, at `biasOffset`, a float32 for each feature.
public struct ActivatedAttributes: AttributeFields, Equatable {
    public var format: Int32 = 0, inputs: Int32 = 0, features: Int32 = 0, firstFeature: Int32 = 0
    public var biasOffset: Int32 = 0
    public var selection = RowSelection.all

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("format", &format)
        codec.integer("inputs", &inputs)
        codec.integer("features", &features)
        codec.integer("firstFeature", &firstFeature)
        codec.integer("biasOffset", &biasOffset)
        codec.choice("selection", &selection)
    }
}

extension Operator {
    static let activatedMatrix = Operator("activated matrix", .matrix, ActivatedAttributes.self,
                                          isOfLanguage: true) { (checker, a) throws(Failure) in
        try checker.checkActivated(a)
    }
}

extension InstructionChecker {
    func checkActivated(_ a: ActivatedAttributes) throws(Failure) {
        try require(a.features >= 32 && a.features % 32 == 0 && Int(a.features) <= LanguageLimits.columns && a.firstFeature >= 0
                    && a.firstFeature % 32 == 0,
                    "impossible features \(a.firstFeature) + \(a.features)")
        try requireMatrix(a.format, inputs: a.inputs, outputs: a.features)
        try requirePart(0, MatrixBlocks.bytes(format: a.format, outputs: Int(a.features), inputs: Int(a.inputs)), "its weights")
        try requirePart(a.biasOffset, Int(a.features) * 4, "its biases")
        try require(a.selection != .logits, "it works on no rows of logits")
        try requireActivation(instruction.inputs.0, values: a.inputs, a.selection)
        let y = try tensor(instruction.outputs.0)
        let values = y.channels / 40 * 32
        try requireActivation(instruction.outputs.0, values: values, a.selection)
        try require(Int64(a.firstFeature) + Int64(a.features) <= Int64(values), "its features don't fit its output")
    }
}
