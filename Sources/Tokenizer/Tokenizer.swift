import Platform

/// A model's tokenizer over mapped bytes (`TokenizerLayout`): text to tokens and back. Nothing is copied at the start;
/// encoding keeps its working memory for the next call. Not for two threads at a time.
public final class Tokenizer {
    let image: TokenizerImage
    let preTokenizer: PreTokenizer
    /// Keeps the mapping alive.
    private let owner: AnyObject?
    var merger = PairMerger()
    var viterbi = UnigramLattice()
    /// A SentencePiece fragment with its marks replaced.
    var fragment: [UInt8] = []

    /// Which algorithm cuts text into pieces; the raw values are the file's.
    public enum Kind: UInt32, Sendable { case bytePairs = 0, sentencePieceBPE, sentencePieceUnigram }
    public let kind: Kind
    /// Pieces of the vocabulary: ids are below it.
    public var vocabulary: Int { image.count }
    /// The tokens that begin and end a text; nil: the model has none.
    public let beginToken: Int?, endToken: Int?, padToken: Int?, unknownToken: Int?
    /// Whether a prompt begins with `beginToken`.
    public let addsBeginToken: Bool
    public let addsEndToken: Bool
    /// SentencePiece: a space is put before the text, and taken away again in decoding.
    public let addsSpacePrefix: Bool
    /// Not before text that begins with one; not after a special token (Hugging Face's Metaspace).
    let keepsOwnSpace: Bool, prefixesFirstOnly: Bool

    /// Opens a tokenizer; `bytes` are 4-byte aligned and live as long as `owner`. `name` stands in messages.
    public init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject?, name: String) throws(Failure) {
        image = try TokenizerImage(bytes, name: name)
        guard let kind = Kind(rawValue: image.kind), let pattern = PreTokenizer.Pattern(rawValue: image.number(.pattern)) else {
            throw Failure(.badFormat, "\(name): the tokenizer is of a kind that this firmware doesn't know; compile the model again")
        }
        self.kind = kind
        self.owner = owner
        preTokenizer = PreTokenizer(pattern: pattern, separatesDigits: image.flags & TokenizerLayout.Flag.separatesDigits != 0,
                                    digitsInWord: max(1, Int(clamping: image.number(.digitsInWord))))
        beginToken = image.id(.begin)
        endToken = image.id(.end)
        padToken = image.id(.padding)
        unknownToken = image.id(.unknown)
        addsBeginToken = image.flags & TokenizerLayout.Flag.addsBegin != 0 && beginToken != nil
        addsEndToken = image.flags & TokenizerLayout.Flag.addsEnd != 0 && endToken != nil
        addsSpacePrefix = image.flags & TokenizerLayout.Flag.addsSpacePrefix != 0
        keepsOwnSpace = image.flags & TokenizerLayout.Flag.keepsOwnSpace != 0
        prefixesFirstOnly = image.flags & TokenizerLayout.Flag.prefixesFirstOnly != 0
    }

    /// The bytes of a piece as text has them; empty for an id outside the vocabulary.
    public func piece(_ id: Int) -> UnsafeRawBufferPointer { image.piece(id) }

    /// Control tokens steer the model and are no text.
    public func isControl(_ id: Int) -> Bool { image.type(id) == 3 }

    /// Whether a token ends the answer.
    public func isEnd(_ id: Int) -> Bool {
        if id == endToken { return true }
        for ending in image.endings where Int(clamping: ending) == id { return true }
        return false
    }

    /// The id of a control or user-defined token by its text ("<|im_start|>"); nil: the model has none.
    public func special(_ text: StaticString) -> Int? {
        let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes.count > 0, let found = image.special(bytes, at: 0, control: true), found.length == bytes.count else { return nil }
        return found.id
    }
}
