import Platform

/// Sizes that are believable, so that products of them can't overflow.
enum TransformerLimits {
    static let layers = 1...1024
    static let width = 32...65_536
    static let heads = 1...1024
    static let headDimension = 2...1024
    static let feedForward = 32...(1 << 20)
    static let vocabulary = 1...(1 << 22)
    static let vocabularyIDs = 0...(1 << 22 - 1)
    static let context = 1...(1 << 24)
    static let window = 0...(1 << 24)
    static let epsilon = 0.0...0.1
    static let rotaryBase = 1.0...1e9
    static let factor = 1e-3...1e6
    static let softCap = 0.0...1e6
}

extension TransformerModel {
    /// What both importers promise to the lowering; shapes are checked where tensors are taken.
    func check() throws {
        guard heads % keyValueHeads == 0 else {
            throw Failure(.badFormat, "\(heads) query heads can't share \(keyValueHeads) key and value heads evenly")
        }
        guard headDimension % 2 == 0 else { throw Failure(.badFormat, "heads of \(headDimension) values can't be rotated in pairs") }
        for (name, size) in [("the width", width), ("the width of all heads", heads * headDimension),
                             ("the feed-forward width", feedForward)] where size % 32 != 0 {
            throw Failure(.unsupported, "\(name) is \(size), not a multiple of 32")
        }
        try tokenizer.check(vocabulary: vocabulary)
    }
}

extension TokenizerSource {
    /// Refuses ids outside the vocabulary and lists of different lengths.
    func check(vocabulary: Int) throws {
        guard pieces.count == vocabulary else {
            throw Failure(.badFormat, "the tokenizer has \(pieces.count) pieces but the embedding \(vocabulary) rows")
        }
        guard types.count == pieces.count, scores.isEmpty || scores.count == pieces.count else {
            throw Failure(.badFormat, "the tokenizer has \(pieces.count) pieces but \(types.count) types and \(scores.count) scores")
        }
        for (name, id) in [("begin", beginToken), ("end", endToken), ("unknown", unknownToken), ("padding", padToken)] {
            if let id, !pieces.indices.contains(id) {
                throw Failure(.badFormat, "the tokenizer's \(name) token \(id) is outside its \(pieces.count) pieces")
            }
        }
        for id in endOfTurnTokens where !pieces.indices.contains(id) {
            throw Failure(.badFormat, "the end-of-turn token \(id) is outside the tokenizer's \(pieces.count) pieces")
        }
        if !scores.isEmpty, !scores.allSatisfy(\.isFinite) {
            throw Failure(.badFormat, "the tokenizer has scores that are not finite numbers")
        }
    }
}
