import Platform

/// Gate and up projections, activation(gate) * up, quantised. The matrix's outputs are interleaved: 32 of the gate,
/// 32 of up, and so on. `features` of the result, from `firstFeature` on: a large matrix is cut into pieces.
public struct GatedAttributes: AttributeFields, Equatable {
    public var format: Int32 = 0, inputs: Int32 = 0, features: Int32 = 0, firstFeature: Int32 = 0
    /// 0: SiLU, 1: GELU in its tanh form.
    public var function: Int32 = 0

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("format", &format)
        codec.integer("inputs", &inputs)
        codec.integer("features", &features)
        codec.integer("firstFeature", &firstFeature)
        codec.integer("function", &function)
    }
}

extension Operator {
    static let gatedMatrix = Operator("gated matrix", .matrix, GatedAttributes.self, isOfLanguage: true) { (checker, a) throws(Failure) in
        try checker.checkGated(a)
    }
}

extension InstructionChecker {
    func checkGated(_ a: GatedAttributes) throws(Failure) {
        try require(a.features >= 32 && a.features % 32 == 0 && Int(a.features) <= LanguageLimits.columns && a.firstFeature >= 0
                    && a.firstFeature % 32 == 0,
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
}
