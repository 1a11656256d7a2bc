import Platform

/// Rotary embedding, key-value cache and attention of one layer. Input: float32 rows of queries, keys and values,
/// [heads + 2*keyValueHeads][headDimension]; output: quantised activation of heads*headDimension values. Pairs that are
/// rotated lie half a head apart. Blob: norm weights (float32) of each head's query and of its key, where there are any.
public struct AttentionAttributes: AttributeFields, Equatable {
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

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("heads", &heads)
        codec.integer("keyValueHeads", &keyValueHeads)
        codec.integer("headDimension", &headDimension)
        codec.integer("window", &window)
        codec.float("rotaryBase", &rotaryBase)
        codec.float("rotaryScale", &rotaryScale)
        codec.float("scale", &scale)
        codec.float("softCap", &softCap)
        codec.integer("queryNormOffset", &queryNormOffset)
        codec.integer("keyNormOffset", &keyNormOffset)
        codec.float("normEpsilon", &normEpsilon)
        codec.rest("rotaryFactors", &rotaryFactors)
    }
}

extension Operator {
    static let attention = Operator("attention", .attention, AttentionAttributes.self, isOfLanguage: true) { (checker, a) throws(Failure) in
        try checker.checkAttention(a)
    }
}

extension InstructionChecker {
    func checkAttention(_ a: AttentionAttributes) throws(Failure) {
        try require(a.heads >= 1 && Int(a.heads) <= LanguageLimits.heads && a.keyValueHeads >= 1 && a.keyValueHeads <= a.heads
                    && a.heads % a.keyValueHeads == 0,
                    "impossible \(a.heads) heads over \(a.keyValueHeads)")
        try require(a.headDimension >= 16 && a.headDimension % 16 == 0 && Int(a.headDimension) <= LanguageLimits.headDimension,
                    "impossible heads of \(a.headDimension)")
        try require(a.heads * a.headDimension % 32 == 0, "heads of \(a.heads * a.headDimension) values altogether can't be quantised")
        try require(a.window >= 0 && Int(a.window) <= LanguageLimits.context, "impossible window \(a.window)")
        try require(a.rotaryBase.isFinite && a.rotaryBase >= 1 && a.rotaryScale.isFinite && a.rotaryScale > 0, "impossible rotation")
        try require(a.rotaryFactors.isEmpty || a.rotaryFactors.count == Int(a.headDimension) / 2,
                    "\(a.rotaryFactors.count) rotary factors for heads of \(a.headDimension)")
        for factor in a.rotaryFactors { try require(factor.isFinite && factor > 0, "impossible rotary factor") }
        try require(a.scale.isFinite && a.softCap.isFinite && a.softCap >= 0 && a.normEpsilon.isFinite && a.normEpsilon >= 0,
                    "impossible scale")
        for offset in [a.queryNormOffset, a.keyNormOffset] where offset != -1 {
            try requirePart(offset, Int(a.headDimension) * 4, "norm weights")
        }
        try requireFloats(instruction.inputs.0, columns: Int(a.heads + 2 * a.keyValueHeads) * Int(a.headDimension), .all)
        try requireActivation(instruction.outputs.0, values: a.heads * a.headDimension, .all)
    }
}
