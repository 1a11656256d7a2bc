import Kernels
import Nest
import Platform

/// How a language model is lowered.
public struct TransformerOptions: Sendable {
    /// Most tokens of one run.
    public var rows: Int
    /// Most rows of logits of one run; nil: 16, or what 4 MB hold.
    public var logitRows: Int?
    /// Larger matrices are cut: pieces are read at full speed and leave room under a small budget.
    public var pieceBytes: Int
    /// What matrices of floats become: q8 or q4. Quantised ones stay as they are.
    public var floats: MatrixFormat
    /// 8 or 16: what activations are rounded to. The nest of 16 has room for both; the engine chooses.
    public var activationBits: Int

    public init(rows: Int = 64, logitRows: Int? = nil, pieceBytes: Int = 1_310_720, floats: MatrixFormat = .q8, activationBits: Int = 16) {
        self.activationBits = activationBits
        self.floats = floats
        self.rows = rows
        self.logitRows = logitRows
        self.pieceBytes = pieceBytes
    }
}

/// Lowers a transformer into one program for any number of rows. `tokenizer`: the bytes of the nest's tokenizer, kept in
/// a chunk of their own; nil: none.
///
/// - Throws: `Failure` where the model has sizes that the kernels can't do.
public func lower(_ model: TransformerModel, options: TransformerOptions = TransformerOptions(), tokenizer: [UInt8]? = nil) throws
    -> LanguageNest {
    guard model.headDimension % 16 == 0, model.headDimension <= 512, model.heads * model.headDimension % 32 == 0 else {
        throw Failure(.unsupported, "heads of \(model.headDimension) values can't be computed; multiples of 16 up to 512 can")
    }
    guard (1...LanguageLimits.rows).contains(options.rows) else {
        throw Failure(.usage, "\(options.rows) rows are not between 1 and \(LanguageLimits.rows)")
    }
    guard options.activationBits == 8 || options.activationBits == 16 else {
        throw Failure(.usage, "activations of \(options.activationBits) bits; there are 8 and 16")
    }
    guard options.pieceBytes >= 4096 else { throw Failure(.usage, "pieces of \(options.pieceBytes) bytes are too small") }
    var lowering = TransformerLowering(model, options)
    return try lowering.lower(tokenizer: tokenizer)
}

struct TransformerLowering {
    typealias Matrix = TransformerModel.EncodedMatrix

    let model: TransformerModel
    let options: TransformerOptions
    var builder: TransformerBuilder

    init(_ model: TransformerModel, _ options: TransformerOptions) {
        self.model = model
        self.options = options
        let fitting = max(1, min(16, (4 << 20) / (4 * model.vocabulary)))
        builder = TransformerBuilder(rows: options.rows, logitRows: min(options.rows, max(1, options.logitRows ?? fitting)),
                                     pieceBytes: options.pieceBytes,
                                     activationBits: options.activationBits)
    }

    mutating func lower(tokenizer: [UInt8]?) throws -> LanguageNest {
        let tokens = builder.tokens(), x = builder.floats("x", model.width)
        let embedding = builder.emit(.embedding, "embedding", [tokens], [x])
        for (index, layer) in model.layers.enumerated() { try lower(layer, "layer \(index)", x) }
        let last = builder.activation("head input", model.width, .logits)
        builder.emit(.normalize, "output norm", [x], [last], words: norm(.logits).words, blob: builder.trailing(model.outputNorm))
        let logits = builder.floats("logits", model.vocabulary, .logits)
        let head = try MatrixRows(model.output, floats: options.floats), headChunk = builder.chunks.count
        var attributes = MatrixAttributes()
        attributes.selection = .logits
        attributes.softCap = model.outputSoftCap
        let pieceRows = builder.matrix(head, "head", from: last, to: logits, attributes: attributes)
        // The embedding is the head's matrix where the file says so; otherwise it has chunks that no pass reads whole.
        if isTied {
            builder.setWords(embedding, lookup(head, headChunk, pieceRows))
        } else {
            let rows = try MatrixRows(model.embedding, floats: options.floats)
            let (chunk, pieceRows) = builder.store(rows)
            builder.setWords(embedding, lookup(rows, chunk, pieceRows))
        }
        return finish(tokens, logits, tokenizer)
    }

    private var isTied: Bool {
        model.embedding.encoding == model.output.encoding && model.embedding.rows == model.output.rows
            && model.embedding.bytes().baseAddress == model.output.bytes().baseAddress
    }

    private func lookup(_ rows: MatrixRows, _ chunk: Int, _ pieceRows: Int) -> [Int32] {
        var a = EmbeddingAttributes()
        (a.format, a.vocabulary, a.width) = (rows.format.rawValue, Int32(model.vocabulary), Int32(model.width))
        (a.firstChunk, a.pieceRows, a.scale) = (Int32(chunk), Int32(pieceRows), model.embeddingScale)
        a.contextLength = Int32(max(1, min(model.contextLength, LanguageLimits.context)))
        return a.words
    }

    private func norm(_ selection: RowSelection = .all) -> NormalizeAttributes {
        var a = NormalizeAttributes()
        (a.columns, a.epsilon, a.selection) = (Int32(model.width), model.normEpsilon, selection)
        return a
    }

    private mutating func lower(_ layer: TransformerModel.Layer, _ name: String, _ x: Int32) throws {
        let input = builder.activation(name + " input", model.width)
        builder.emit(.normalize, name + " attention norm", [x], [input], words: norm().words, blob: builder.leading(layer.attentionNorm))
        let attended = try attention(layer, name, input)
        try residual(layer.attentionOutput, name + " attention output", attended, x, postNorm: layer.attentionPostNorm)
        let wide = builder.activation(name + " input", model.width)
        builder.emit(.normalize, name + " feed-forward norm", [x], [wide], words: norm().words,
                     blob: builder.leading(layer.feedForwardNorm))
        let gated = builder.activation(name + " features", model.feedForward)
        // Gate and up interleaved by 32 outputs.
        let pairs = try MatrixRows([layer.gate, layer.up], outputs: 2 * model.feedForward, floats: options.floats) {
            ($0 / 32 % 2, $0 / 64 * 32 + $0 % 32)
        }
        var a = GatedAttributes()
        a.function = model.activation.rawValue
        builder.gated(pairs, name + " gate, up", from: wide, to: gated, attributes: a)
        try residual(layer.down, name + " down", gated, x, postNorm: layer.feedForwardPostNorm)
    }

    /// x += matrix * activation, or x += norm(matrix * activation).
    private mutating func residual(_ matrix: Matrix, _ name: String, _ activation: Int32, _ x: Int32, postNorm: [Float]) throws {
        if postNorm.isEmpty {
            builder.matrix(try MatrixRows(matrix, floats: options.floats), name, from: activation, to: x, adding: x)
            return
        }
        let y = builder.floats(name, model.width)
        builder.matrix(try MatrixRows(matrix, floats: options.floats), name, from: activation, to: y)
        builder.emit(.normalize, name + " norm", [y, x], [noTensor, x], words: norm().words, blob: builder.trailing(postNorm))
    }

    private mutating func attention(_ layer: TransformerModel.Layer, _ name: String, _ input: Int32) throws -> Int32 {
        let dimension = model.headDimension, queryRows = model.heads * dimension, keyRows = model.keyValueHeads * dimension
        // The engine rotates pairs that lie half a head apart; neighbours are brought there. Scores don't change.
        let neighbours = model.rotaryPairs == .neighbours
        func original(_ row: Int) -> Int {
            guard neighbours else { return row }
            let i = row % dimension
            return row - i + (i < dimension / 2 ? 2 * i : 2 * (i - dimension / 2) + 1)
        }
        let joined = builder.floats(name + " query, key, value", queryRows + 2 * keyRows)
        let formats = [layer.query, layer.key, layer.value].map { $0.encoding.matrixFormat ?? options.floats }
        if formats.allSatisfy({ $0 == formats[0] }) {
            let rows = try MatrixRows([layer.query, layer.key, layer.value], outputs: queryRows + 2 * keyRows,
                                      floats: options.floats) { output in
                if output < queryRows { return (0, original(output)) }
                return output < queryRows + keyRows ? (1, original(output - queryRows)) : (2, output - queryRows - keyRows)
            }
            builder.matrix(rows, name + " query, key, value", from: input, to: joined)
        } else {
            builder.matrix(try MatrixRows([layer.query], outputs: queryRows, floats: options.floats) { (0, original($0)) }, name + " query",
                           from: input, to: joined)
            builder.matrix(try MatrixRows([layer.key], outputs: keyRows, floats: options.floats) { (0, original($0)) }, name + " key",
                           from: input, to: joined, column: queryRows)
            builder.matrix(try MatrixRows(layer.value, floats: options.floats), name + " value", from: input, to: joined,
                           column: queryRows + keyRows)
        }
        var a = AttentionAttributes()
        (a.heads, a.keyValueHeads, a.headDimension) = (Int32(model.heads), Int32(model.keyValueHeads), Int32(dimension))
        a.window = Int32(min(layer.window, LanguageLimits.context))
        (a.rotaryBase, a.rotaryScale, a.scale, a.softCap) = (layer.rotaryBase, layer.rotaryScale, model.attentionScale,
                                                             model.attentionSoftCap)
        (a.normEpsilon, a.rotaryFactors) = (model.normEpsilon, layer.rotaryFactors)
        var norms: [Float] = []
        for (norm, path) in [(layer.queryNorm, \AttentionAttributes.queryNormOffset), (layer.keyNorm, \AttentionAttributes.keyNormOffset)]
            where !norm.isEmpty {
            a[keyPath: path] = Int32(norms.count * 4)
            norms += (0..<dimension).map { norm[original($0)] }
            norms += [Float](repeating: 0, count: (16 - norms.count % 16) % 16)
        }
        let result = builder.activation(name + " attention", queryRows)
        builder.emit(.attention, name + " attention", [joined], [result], words: a.words,
                     blob: norms.isEmpty ? nil : builder.leading(norms))
        return result
    }

    private func finish(_ tokens: Int32, _ logits: Int32, _ tokenizer: [UInt8]?) -> LanguageNest {
        var metadata: [(String, String)] = [("name", model.name), ("source", model.source), ("licence", model.licence),
                                            ("task", "generate")].filter {
            !$0.1.isEmpty
        }
        var chunks = builder.chunks
        if let tokenizer {
            var chunk = LazyChunk()
            _ = chunk.append(bytes: tokenizer.count) { tokenizer }
            metadata.append(("language.tokenizer", String(chunks.count)))
            chunks.append(chunk)
        }
        if !model.tokenizer.chatTemplate.isEmpty { metadata.append(("language.template", model.tokenizer.chatTemplate)) }
        return LanguageNest(metadata: metadata.sorted { $0.0 < $1.0 }.map { (key: $0.0, value: $0.1) }, strings: builder.strings,
                            program: builder.program(inputs: [tokens], outputs: [logits]), chunks: chunks)
    }
}
