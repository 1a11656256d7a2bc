/// A decoder-only transformer as its file describes it: what GGUF and safetensors importers make, and what
/// the lowering turns into a program.
public struct TransformerModel {
    /// Model families that can be imported, by their GGUF name.
    public enum Architecture: String, Sendable { case llama, gemma3 }
    /// What stands between the gate and the product with `up`.
    public enum GateFunction: Int32, Sendable { case silu = 0, geluTanh = 1 }
    /// How query and key pairs are rotated: neighbours (2i, 2i+1), or halves (i, i + dimension/2).
    public enum RotaryPairs: Int32, Sendable { case neighbours = 0, halves = 1 }

    /// Weights and settings of one block: attention, then the feed-forward part, each behind a norm of `width` numbers.
    public struct Layer: Sendable {
        public var attentionNorm: [Float]
        /// Rows of query, key, value: heads*headDimension, keyValueHeads*headDimension, the same; columns: width.
        public var query, key, value, attentionOutput: EncodedMatrix
        /// Norms of each head's query and key before the rotation (gemma3); empty: none.
        public var queryNorm: [Float] = [], keyNorm: [Float] = []
        /// Norms after attention and after the feed-forward part, before the residual (gemma3); empty: none.
        public var attentionPostNorm: [Float] = [], feedForwardPostNorm: [Float] = []
        public var feedForwardNorm: [Float]
        public var gate, up, down: EncodedMatrix
        /// Positions a query sees, itself included; 0: all.
        public var window: Int = 0
        public var rotaryBase: Float
        /// Positions are divided by this before the rotation.
        public var rotaryScale: Float = 1
        /// What the frequency of each pair is divided by besides (Llama 3.1 and later), headDimension / 2 of them; empty: 1.
        public var rotaryFactors: [Float] = []
    }

    public var architecture: Architecture
    public var name: String, licence: String, source: String
    public var width: Int, heads: Int, keyValueHeads: Int, headDimension: Int, feedForward: Int, vocabulary: Int
    /// Positions the model was trained for.
    public var contextLength: Int
    public var normEpsilon: Float
    public var activation: GateFunction
    public var rotaryPairs: RotaryPairs
    /// Of queries, before their product with keys.
    public var attentionScale: Float
    /// Of embeddings (gemma: the root of the width).
    public var embeddingScale: Float
    /// 0: none.
    public var attentionSoftCap: Float, outputSoftCap: Float
    public var embedding: EncodedMatrix
    public var layers: [Layer]
    public var outputNorm: [Float]
    /// The head; the embedding itself where the file ties them.
    public var output: EncodedMatrix
    public var tokenizer: TokenizerSource

    /// A matrix as the file encodes it. `bytes` are a view of the mapped file (or own memory), never copied as a whole.
    public struct EncodedMatrix: Sendable {
        public var name: String
        public var rows: Int, columns: Int
        public var encoding: Encoding
        public var bytes: @Sendable () -> UnsafeRawBufferPointer
        public init(name: String, rows: Int, columns: Int, encoding: Encoding, bytes: @escaping @Sendable () -> UnsafeRawBufferPointer) {
            self.name = name
            self.rows = rows
            self.columns = columns
            self.encoding = encoding
            self.bytes = bytes
        }
    }

    /// Element types of GGUF (ggml's type numbers) and safetensors.
    public enum Encoding: UInt32, Sendable {
        case f32 = 0, f16 = 1, q4_0 = 2, q4_1 = 3, q5_0 = 6, q5_1 = 7, q8_0 = 8, q4_K = 12, q5_K = 13, q6_K = 14, bf16 = 30
    }
}

/// A vocabulary as its file has it.
public struct TokenizerSource: Sendable {
    /// Which algorithm cuts text into the pieces, and what it needs for that.
    public enum Kind: String, Sendable {
        /// Byte-level byte-pair encoding: pieces are spelt in GPT-2's byte alphabet, `merges` rank them.
        case bytePairs = "bpe"
        /// SentencePiece's byte-pair encoding: `scores` rank the merges, bytes fall back to <0xNN>.
        case sentencePieceBPE = "spm"
        /// SentencePiece's unigram: the best sum of scores.
        case sentencePieceUnigram = "unigram"
    }
    public var kind: Kind
    public var pieces: [[UInt8]]
    public var scores: [Float]
    /// ggml's token types: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
    public var types: [UInt8]
    public var merges: [(left: [UInt8], right: [UInt8])]
    /// The pre-tokenizer's published name ("smollm", "gpt-2", "llama-bpe", …), empty for SentencePiece.
    public var preTokenizer: String
    public var beginToken: Int?, endToken: Int?, unknownToken: Int?, padToken: Int?
    /// Tokens that end a turn besides `endToken`.
    public var endOfTurnTokens: [Int]
    public var addsBeginToken: Bool, addsEndToken: Bool, addsSpacePrefix: Bool
    /// The space prefix is left out where the text begins with a space; after special tokens.
    public var keepsOwnSpace = false, prefixesFirstOnly = false
    /// Jinja text, as data; empty: none.
    public var chatTemplate: String
}

extension TokenizerSource {
    /// No vocabulary yet.
    init(empty kind: Kind) {
        self.init(kind: kind, pieces: [], scores: [], types: [], merges: [], preTokenizer: "", endOfTurnTokens: [], addsBeginToken: false,
                  addsEndToken: false, addsSpacePrefix: false, chatTemplate: "")
    }
}
