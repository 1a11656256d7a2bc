import Platform

/// Rows of a packed matrix, gathered by token: input: tokens (int32), output: float32 rows. The matrix may be the
/// head's, cut into pieces of `pieceRows` rows, each at the start of a chunk: `firstChunk` and those after it.
public struct EmbeddingAttributes: AttributeFields, Equatable {
    public var format: Int32 = 0, vocabulary: Int32 = 0, width: Int32 = 0
    public var firstChunk: Int32 = 0, pieceRows: Int32 = 0
    public var scale: Float = 1
    /// Positions that the model was trained for.
    public var contextLength: Int32 = 0

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("format", &format)
        codec.integer("vocabulary", &vocabulary)
        codec.integer("width", &width)
        codec.integer("firstChunk", &firstChunk)
        codec.integer("pieceRows", &pieceRows)
        codec.float("scale", &scale)
        codec.integer("contextLength", &contextLength)
    }
}

extension Operator {
    static let embedding = Operator("embedding", .embedding, EmbeddingAttributes.self, isOfLanguage: true) { (checker, a) throws(Failure) in
        try checker.checkEmbedding(a)
    }
}

extension InstructionChecker {
    func checkEmbedding(_ a: EmbeddingAttributes) throws(Failure) {
        try requireMatrix(a.format, inputs: a.width, outputs: a.vocabulary)
        try require(a.scale.isFinite, "impossible scale")
        try require(a.contextLength >= 1 && Int(a.contextLength) <= LanguageLimits.context, "impossible context of \(a.contextLength)")
        let tokens = try tensor(instruction.inputs.0)
        try require(instruction.inputs.0 == program.inputs[0], "its tokens are not the program's first input")
        _ = try rows(tokens, .all)
        try requireFloats(instruction.outputs.0, columns: Int(a.width), .all)
        try require(a.pieceRows >= 16 && a.pieceRows % 16 == 0 && Int(a.pieceRows) <= LanguageLimits.vocabulary,
                    "impossible pieces of \(a.pieceRows) rows")
        try require(a.firstChunk >= 0, "its chunk \(a.firstChunk) does not exist")
        var chunk = Int(a.firstChunk), row = 0
        while row < Int(a.vocabulary) {
            let count = min(Int(a.pieceRows), Int(a.vocabulary) - row)
            try require(chunk < chunks.count && MatrixBlocks.bytes(format: a.format, outputs: count,
                                                                   inputs: Int(a.width)) <= chunks[chunk].length,
                        "row \(row) lies outside its chunk \(chunk)")
            row += count
            chunk += 1
        }
    }
}
