import Kernels
import Nest
import Platform

/// How a speech model is lowered.
public struct SpeechOptions: Sendable {
    /// Most tokens of one run of the decoder.
    public var rows: Int
    /// Larger matrices are cut.
    public var pieceBytes: Int
    /// What matrices become: q8 or q4.
    public var floats: MatrixFormat
    /// 8 or 16: what activations of the encoder and of the decoder are rounded to. With 16 there is room for both; the engine
    /// chooses. The encoder's 8 name the same tokens as 16 do, in little more than half the time.
    public var encoderBits: Int, decoderBits: Int

    public init(rows: Int = 32, pieceBytes: Int = 1_310_720, floats: MatrixFormat = .q8, encoderBits: Int = 8, decoderBits: Int = 16) {
        self.rows = rows
        self.pieceBytes = pieceBytes
        self.floats = floats
        self.encoderBits = encoderBits
        self.decoderBits = decoderBits
    }
}

/// Lowers a speech model into one program: the encoder, which ends with the keys and values that the decoder looks at, and
/// the decoder behind it.
///
/// - Throws: `Failure` where the model has sizes that the kernels can't do.
public func lower(_ model: SpeechModel, options: SpeechOptions = SpeechOptions()) throws -> LanguageNest {
    try model.check()
    guard (1...LanguageLimits.rows).contains(options.rows) else {
        throw Failure(.usage, "\(options.rows) rows are not between 1 and \(LanguageLimits.rows)")
    }
    guard [options.encoderBits, options.decoderBits].allSatisfy({ $0 == 8 || $0 == 16 }) else {
        throw Failure(.usage, "activations have 8 or 16 bits")
    }
    guard options.pieceBytes >= 4096 else { throw Failure(.usage, "pieces of \(options.pieceBytes) bytes are too small") }
    var lowering = SpeechLowering(model, options)
    return try lowering.lower()
}

struct SpeechLowering {
    let model: SpeechModel
    let options: SpeechOptions
    var builder: TransformerBuilder
    private let tokens: Int32, positions: Int32, mel: Int32, bias: Int32

    init(_ model: SpeechModel, _ options: SpeechOptions) {
        self.model = model
        self.options = options
        let fitting = max(1, min(16, (4 << 20) / (4 * model.vocabulary)))
        builder = TransformerBuilder(rows: options.rows, logitRows: min(options.rows, fitting), pieceBytes: options.pieceBytes,
                                     activationBits: options.decoderBits, frames: model.frames, frameBits: options.encoderBits)
        tokens = builder.tokens()
        positions = builder.positions()
        mel = builder.dense("log-mel frames", rows: model.frames + 1, 2 * model.melBins)
        bias = builder.frameState("score of a position")
    }

    mutating func lower() throws -> LanguageNest {
        let crossed = try encoder()
        let logits = try decoder(crossed)
        return try finish(logits)
    }

    // MARK: the encoder

    /// Gives the memory of each decoder layer.
    private mutating func encoder() throws -> [Int32] {
        let x = try stem()
        let width = model.width
        for (index, layer) in model.encoder.enumerated() {
            let name = "encoder \(index)"
            let joined = try input(layer.attention, name, x, .frames)
            let memory = builder.memory(name + " keys, values", slots: model.frames, width: width, stays: false)
            remember(name, builder.slice(joined, width..<3 * width), memory, .frames)
            let attended = attend(name, [builder.slice(joined, 0..<width), memory, bias], .frames)
            try project(layer.attention.output, name + " attention output", attended, x, adding: x, .frames)
            try feedForward(layer, name, x, .frames)
        }
        let output = normalize(model.encoderNorm, "encoder norm", x, .frames)
        return try model.decoder.enumerated().map { index, layer in
            guard let projection = layer.crossAttention?.memory else { throw Failure(.badFormat, "a decoder that can't see the encoder") }
            let name = "decoder \(index)", both = builder.floats(name + " keys, values of frames", 2 * width, .frames)
            try project(projection, name + " keys, values of frames", output, both, .frames)
            let memory = builder.memory(name + " memory of frames", slots: model.frames, width: width, stays: true)
            remember(name, both, memory, .frames)
            return memory
        }
    }

    /// Two convolutions of three taps, the second with a stride of two, as matrices over windows: the first makes two frames at
    /// once, side by side, from the four that they see.
    private mutating func stem() throws -> Int32 {
        let width = model.width, bins = model.melBins
        let first = builder.activation("windows of frames", 4 * bins, .stem)
        window("frames", mel, first, columns: 2 * bins, before: bins, after: bins, extraRows: 1, function: 0)
        let pairs = builder.floats("convolution 1", 2 * width, .stem)
        let one = model.convolutions[0]
        try project(SpeechModel.Projection(matrices: [pairMatrix(one)], bias: one.bias + one.bias), "convolution 1", first, pairs, .stem)
        let second = builder.activation("windows of pairs", 3 * width, .stem)
        window("pairs", pairs, second, columns: 2 * width, before: width, after: 0, extraRows: 0, function: 1)
        let y = builder.floats("convolution 2", width, .stem)
        let two = model.convolutions[1]
        try project(SpeechModel.Projection(matrices: [tapMatrix(two)], bias: two.bias), "convolution 2", second, y, .stem)
        let x = builder.floats("frames", width, .frames)
        place("frames", model.encoderPositions, [y, positions], x, .frames, function: 1)
        return x
    }

    private mutating func window(_ name: String, _ x: Int32, _ y: Int32, columns: Int, before: Int, after: Int, extraRows: Int,
                                 function: Int) {
        var a = WindowAttributes()
        (a.columns, a.before, a.after) = (Int32(columns), Int32(before), Int32(after))
        (a.extraRows, a.function) = (Int32(extraRows), Int32(function))
        builder.emit(.window, "windows of " + name, [x], [y], words: a.words)
    }

    /// Frames 2i and 2i+1 from frames 2i-1 to 2i+2: outputs of the one, then of the other.
    private func pairMatrix(_ convolution: SpeechModel.Convolution) -> TransformerModel.EncodedMatrix {
        let width = model.width, bins = model.melBins
        var weights = [Float](repeating: 0, count: 2 * width * 4 * bins)
        for frame in 0..<2 {
            for output in 0..<width {
                for tap in 0..<3 {
                    let start = ((frame * width + output) * 4 + frame + tap) * bins
                    for bin in 0..<bins { weights[start + bin] = convolution.weights[(output * bins + bin) * 3 + tap] }
                }
            }
        }
        return matrix("convolution 1", weights, rows: 2 * width)
    }

    /// [output][tap][input].
    private func tapMatrix(_ convolution: SpeechModel.Convolution) -> TransformerModel.EncodedMatrix {
        let width = model.width
        var weights = [Float](repeating: 0, count: width * 3 * width)
        for output in 0..<width {
            for input in 0..<width {
                for tap in 0..<3 { weights[(output * 3 + tap) * width + input] = convolution.weights[(output * width + input) * 3 + tap] }
            }
        }
        return matrix("convolution 2", weights, rows: width)
    }

    private func matrix(_ name: String, _ weights: [Float], rows: Int) -> TransformerModel.EncodedMatrix {
        let source = SourceBytes(weights.littleEndianBytes)
        return TransformerModel.EncodedMatrix(name: name, rows: rows, columns: weights.count / rows, encoding: .f32,
                                              bytes: source.view(0..<source.bytes.count))
    }

    // MARK: the decoder

    private mutating func decoder(_ crossed: [Int32]) throws -> Int32 {
        let width = model.width
        let embedded = builder.floats("embeddings", width), x = builder.floats("x", width)
        let embedding = builder.emit(.embedding, "embedding", [tokens], [embedded])
        place("tokens", model.decoderPositions, [embedded], x, .all, function: 0)
        for (index, layer) in model.decoder.enumerated() {
            let name = "decoder \(index)"
            let joined = try input(layer.attention, name, x, .all)
            let memory = builder.memory(name + " memory", slots: model.context, width: width, stays: true)
            remember(name, builder.slice(joined, width..<3 * width), memory, .all)
            let attended = attend(name, [builder.slice(joined, 0..<width), memory], .all, isCausal: true)
            try project(layer.attention.output, name + " attention output", attended, x, adding: x, .all)
            if let cross = layer.crossAttention {
                let query = try input(cross, name + " to frames", x, .all)
                let seen = attend(name + " to frames", [query, crossed[index], bias], .all)
                try project(cross.output, name + " output of frames", seen, x, adding: x, .all)
            }
            try feedForward(layer, name, x, .all)
        }
        // With the matrix in front of it: the embedding finds the head's pieces at the beginning of their chunks.
        let last = normalize(model.decoderNorm, "decoder norm", x, .logits, isTrailing: true)
        let logits = builder.floats("logits", model.vocabulary, .logits)
        let head = try MatrixRows(model.embedding, floats: options.floats), chunk = builder.chunks.count
        var a = MatrixAttributes()
        a.selection = .logits
        let pieceRows = builder.matrix(head, "head", from: last, to: logits, attributes: a)
        builder.setWords(embedding, lookup(head, chunk, pieceRows))
        return logits
    }

    private func lookup(_ rows: MatrixRows, _ chunk: Int, _ pieceRows: Int) -> [Int32] {
        var a = EmbeddingAttributes()
        (a.format, a.vocabulary, a.width) = (rows.format.rawValue, Int32(model.vocabulary), Int32(model.width))
        (a.firstChunk, a.pieceRows, a.contextLength) = (Int32(chunk), Int32(pieceRows), Int32(model.context))
        return a.words
    }

    // MARK: what both have

    private mutating func place(_ name: String, _ table: [Float], _ inputs: [Int32], _ y: Int32, _ selection: RowSelection,
                                function: Int32) {
        var a = PositionsAttributes()
        (a.columns, a.count) = (Int32(model.width), Int32(table.count / model.width))
        (a.selection, a.function) = (selection, function)
        builder.emit(.positions, "positions of " + name, inputs, [y], words: a.words, blob: builder.table(table.map { half($0) }))
    }

    private mutating func normalize(_ norm: SpeechModel.Norm, _ name: String, _ x: Int32, _ selection: RowSelection,
                                    isTrailing: Bool = false) -> Int32 {
        let y = builder.activation(name, model.width, selection)
        var a = LayerNormalizeAttributes()
        (a.columns, a.epsilon, a.selection) = (Int32(model.width), model.normEpsilon, selection)
        let padded = norm.weights + [Float](repeating: 0, count: (16 - norm.weights.count % 16) % 16)
        a.biasOffset = Int32(padded.count * 4)
        let values = padded + norm.biases
        builder.emit(.layerNormalize, name, [x], [y], words: a.words,
                     blob: isTrailing ? builder.trailing(values) : builder.leading(values))
        return y
    }

    /// matrix * from + bias, onto `adding` where there is one.
    private mutating func project(_ projection: SpeechModel.Projection, _ name: String, _ from: Int32, _ to: Int32, adding: Int32? = nil,
                                  _ selection: RowSelection) throws {
        var a = MatrixAttributes()
        a.selection = selection
        builder.matrix(try rows(projection), name, from: from, to: to, adding: adding, bias: projection.bias, attributes: a)
    }

    private func rows(_ projection: SpeechModel.Projection) throws -> MatrixRows {
        let each = projection.matrices[0].rows
        return try MatrixRows(projection.matrices, outputs: projection.rows, floats: options.floats) { ($0 / each, $0 % each) }
    }

    /// Norm and projection in front of attention.
    private mutating func input(_ attention: SpeechModel.Attention, _ name: String, _ x: Int32, _ selection: RowSelection) throws
        -> Int32 {
        let normal = normalize(attention.norm, name + " attention norm", x, selection)
        let y = builder.floats(name + " query, key, value", attention.input.rows, selection)
        try project(attention.input, name + " query, key, value", normal, y, selection)
        return y
    }

    private mutating func remember(_ name: String, _ x: Int32, _ memory: Int32, _ selection: RowSelection) {
        var a = RememberAttributes()
        (a.width, a.selection) = (Int32(model.width), selection)
        builder.emit(.remember, name + " keys, values", [x], [memory], words: a.words)
    }

    private mutating func attend(_ name: String, _ inputs: [Int32], _ selection: RowSelection, isCausal: Bool = false) -> Int32 {
        let y = builder.activation(name + " attention", model.width, selection), dimension = model.width / model.heads
        var a = HeadAttentionAttributes()
        (a.heads, a.headDimension, a.scale) = (Int32(model.heads), Int32(dimension), 1 / Float(dimension).squareRoot())
        (a.isCausal, a.selection) = (isCausal ? 1 : 0, selection)
        builder.emit(.headAttention, name + " attention", inputs, [y], words: a.words)
        return y
    }

    private mutating func feedForward(_ layer: SpeechModel.Layer, _ name: String, _ x: Int32, _ selection: RowSelection) throws {
        let normal = normalize(layer.norm, name + " feed-forward norm", x, selection)
        let wide = builder.activation(name + " features", model.feedForward, selection)
        builder.activated(try rows(layer.up), name + " up", from: normal, to: wide, bias: layer.up.bias, selection)
        try project(layer.down, name + " down", wide, x, adding: x, selection)
    }

    // MARK: the nest

    private func finish(_ logits: Int32) throws -> LanguageNest {
        var chunks = builder.chunks
        func store(_ bytes: [UInt8]) -> String {
            var chunk = LazyChunk()
            _ = chunk.append(bytes: bytes.count) { bytes }
            chunks.append(chunk)
            return String(chunks.count - 1)
        }
        func list(_ ids: [Int]) -> String { ids.map { String($0) }.joined(separator: ",") }
        let metadata = [
            ("name", model.name), ("source", model.source), ("licence", model.licence), ("task", "transcribe"),
            ("speech.tokenizer", store(try model.tokenizer.image())),
            ("speech.mel", store(MelFilterBank.slaney(bands: model.melBins).littleEndianBytes)),
            ("speech.suppress", list(model.suppressed)), ("speech.suppress.begin", list(model.suppressedAtBegin)),
            ("speech.languages", model.languages.joined(separator: ",")),
        ].filter { !$0.1.isEmpty || $0.0.hasPrefix("speech.") }
        return LanguageNest(metadata: metadata.sorted { $0.0 < $1.0 }.map { (key: $0.0, value: $0.1) }, strings: builder.strings,
                            program: builder.program("speech", inputs: [tokens, positions, mel, bias], outputs: [logits]), chunks: chunks)
    }
}
