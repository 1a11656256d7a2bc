import Platform

/// An encoder with a decoder for speech (Whisper) as its file describes it: what the importers make, and what the lowering
/// turns into a program.
public struct SpeechModel {
    /// y = x W' + b: rows of several matrices one after the other, and a bias for each.
    public struct Projection: Sendable {
        public var matrices: [TransformerModel.EncodedMatrix]
        public var bias: [Float]
        var rows: Int { matrices.reduce(0) { $0 + $1.rows } }
    }

    /// Weights and biases of a layer norm.
    public struct Norm: Sendable { public var weights: [Float], biases: [Float] }

    /// Attention behind its norm; of the decoder's second attention, query and keys with values stand apart.
    public struct Attention: Sendable {
        public var norm: Norm
        /// Query, key and value of one input; or the query alone.
        public var input: Projection
        /// Key and value of the encoder's output; nil: `input` has them.
        public var memory: Projection?
        public var output: Projection
    }

    /// One block: attention, in the decoder attention to the encoder's output, the feed-forward part.
    public struct Layer: Sendable {
        public var attention: Attention
        public var crossAttention: Attention?
        public var norm: Norm
        public var up: Projection, down: Projection
    }

    /// A convolution of three taps: [output][input][tap].
    public struct Convolution: Sendable { public var weights: [Float], bias: [Float] }

    public var name: String, licence = "", source: String
    public var melBins: Int, width: Int, heads: Int, feedForward: Int, vocabulary: Int
    /// Positions of the encoder and of the decoder.
    public var frames: Int, context: Int
    public var convolutions: [Convolution]
    /// [position][width].
    public var encoderPositions: [Float], decoderPositions: [Float]
    public var encoder: [Layer], decoder: [Layer]
    public var encoderNorm: Norm, decoderNorm: Norm
    /// The head too.
    public var embedding: TransformerModel.EncodedMatrix
    public var normEpsilon: Float = 1e-5
    public var tokenizer: TokenizerSource
    /// Tokens that are never chosen, and those that are not chosen first.
    public var suppressed: [Int], suppressedAtBegin: [Int]

    /// Codes of the languages in the order of their tokens; none: English only.
    public var languages: [String] {
        // OpenAI's English-only models have a token less.
        guard vocabulary > 51_864 || vocabulary < 51_000 else { return [] }
        return tokenizer.pieces.indices.compactMap { id in
            guard tokenizer.types[id] == 3 else { return nil }
            let text = String(decoding: tokenizer.pieces[id], as: UTF8.self)
            guard text.hasPrefix("<|"), text.hasSuffix("|>") else { return nil }
            let code = text.dropFirst(2).dropLast(2)
            return (2...3).contains(code.count) && code.allSatisfy { ("a"..."z").contains($0) } ? String(code) : nil
        }
    }

    /// What importers promise to the lowering; shapes are checked where tensors are taken.
    func check() throws {
        guard heads >= 1, width % heads == 0, width / heads % 32 == 0, width / heads <= 512 else {
            throw Failure(.unsupported, "\(heads) heads of a width of \(width) can't be computed; heads of 32, 64, 96, … can")
        }
        guard melBins * 4 % 32 == 0, feedForward % 32 == 0 else {
            throw Failure(.unsupported, "\(melBins) mel bands and features of \(feedForward) are no multiples of 8 and 32")
        }
        try tokenizer.check(vocabulary: vocabulary)
        for id in suppressed + suppressedAtBegin where !(0..<vocabulary).contains(id) {
            throw Failure(.badFormat, "the suppressed token \(id) is outside the vocabulary of \(vocabulary)")
        }
    }
}

/// Sizes that are believable, so that products of them can't overflow.
enum SpeechLimits {
    static let melBins = 16...256
    static let frames = 8...2048
    static let context = 16...8192
    static let layers = 1...64
    static let width = 32...4096
}
