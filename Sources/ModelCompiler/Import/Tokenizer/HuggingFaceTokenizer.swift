import Foundation
import Platform

/// What a folder's config.json says of the tokenizer.
struct TokenizerFacts {
    /// Rows of the embedding.
    var vocabulary: Int
    var beginToken: Int?, padToken: Int?
    var endTokens: [Int] = []
}

/// tokenizer.json (and tokenizer_config.json) of a folder in Hugging Face's layout.
enum HuggingFaceTokenizer {
    static func source(folder: String, _ sizes: TokenizerFacts) throws -> TokenizerSource {
        let json = try JSONFields(path: folder + "/tokenizer.json", what: "tokenizer.json")
        let path = folder + "/tokenizer_config.json"
        let configuration = File.exists(path) ? try JSONFields(path: path, what: "tokenizer_config.json")
            : JSONFields([:], what: "tokenizer_config.json")
        guard let model = try json.object("model") else { throw Failure(.badFormat, "tokenizer.json: 'model' is missing") }
        let steps = try TokenizerSteps(json)
        let hasByteFallback = try model.flag("byte_fallback") ?? false
        let type = try model.text("type") ?? (model.fields["merges"] != nil ? "BPE" : "")
        var source = TokenizerSource(kind: .bytePairs, pieces: [], scores: [], types: [], merges: [],
                                     preTokenizer: steps.preTokenizer ?? "",
                                     endOfTurnTokens: [], addsBeginToken: false, addsEndToken: false, addsSpacePrefix: steps.prefixesSpace,
                                         chatTemplate: "")
        switch type {
        case "BPE":
            source.kind = steps.preTokenizer != nil ? .bytePairs : .sentencePieceBPE
            guard source.kind == .bytePairs || steps.marksSpaces else {
                throw Failure(.unsupported, "tokenizer.json: it is neither byte-level nor does it mark spaces as SentencePiece does")
            }
            source.pieces = try vocabulary(model, count: sizes.vocabulary)
            source.merges = try merges(model)
        case "Unigram":
            guard steps.marksSpaces else {
                throw Failure(.unsupported, "tokenizer.json: a unigram vocabulary without SentencePiece's space marks can't be imported")
            }
            source.kind = .sentencePieceUnigram
            (source.pieces, source.scores) = try unigram(model, count: sizes.vocabulary)
        default: throw Failure(.unsupported, "tokenizer.json: the model '\(type.prefix(40))' can't be imported; BPE and Unigram can")
        }
        source.keepsOwnSpace = steps.keepsOwnSpace
        source.prefixesFirstOnly = steps.prefixesFirstOnly
        if steps.cutsAtMarks, let piece = source.pieces.first(where: reachesOverMark) {
            throw Failure(.unsupported,
                "tokenizer.json: it cuts text at every space, but its piece '\(String(decoding: piece, as: UTF8.self).prefix(40))' reaches "
                    + "over one; that can't be imported")
        }
        // Rows of the embedding beyond the vocabulary are padding.
        let named = source.pieces.map { !$0.isEmpty }
        source.types = named.map { $0 ? 1 : 5 }
        if hasByteFallback {
            for (id, piece) in source.pieces.enumerated() where piece.count == 6 && piece.starts(with: Array("<0x".utf8)) {
                source.types[id] = 6
            }
        }
        try addTokens(json, &source)
        if source.kind == .sentencePieceBPE {
            source.scores = ranked(source)
            source.merges = []
        }
        let unknown = try model.text("unk_token").flatMap { text in source.pieces.firstIndex(of: Array(text.utf8)) }
        source.unknownToken = try model.number("unk_id", in: TransformerLimits.vocabularyIDs) ?? unknown
        // What the scanner's name says, or only matters where a vocabulary lacks bytes.
        try model.requireAllRead(but: ["type", "vocab", "merges", "byte_fallback", "fuse_unk", "ignore_merges", "cache_capacity",
                                       "max_length"])
        try addEnds(json, configuration, sizes, &source)
        source.chatTemplate = try template(folder, configuration)
        source.addKnownEndings()
        return source
    }

    /// Whether a space mark stands in the middle of a piece.
    private static func reachesOverMark(_ piece: [UInt8]) -> Bool {
        String(decoding: piece, as: UTF8.self).dropFirst().contains("\u{2581}")
    }

    private static func vocabulary(_ model: JSONFields, count: Int) throws -> [[UInt8]] {
        guard let map = try model.object("vocab") else { throw Failure(.badFormat, "tokenizer.json: 'vocab' is missing") }
        var pieces = [[UInt8]](repeating: [], count: count)
        for (piece, value) in map.fields {
            guard let id = wholeNumber(value, in: 0...(count - 1)), pieces[id].isEmpty else {
                throw Failure(.badFormat,
                              "tokenizer.json: the id of '\(piece.prefix(40))' is taken twice or outside the \(count) rows of embeddings")
            }
            pieces[id] = Array(piece.utf8)
        }
        return pieces
    }

    private static func merges(_ model: JSONFields) throws -> [(left: [UInt8], right: [UInt8])] {
        guard let list = try model.list("merges") else { throw Failure(.badFormat, "tokenizer.json: 'merges' is missing") }
        return try list.map { merge in
            if let pair = merge as? [String], pair.count == 2 { return (Array(pair[0].utf8), Array(pair[1].utf8)) }
            let pair = (merge as? String)?.split(separator: " ") ?? []
            guard pair.count == 2 else { throw Failure(.badFormat, "tokenizer.json: a merge is not a pair") }
            return (Array(pair[0].utf8), Array(pair[1].utf8))
        }
    }

    private static func unigram(_ model: JSONFields, count: Int) throws -> ([[UInt8]], [Float]) {
        guard let list = try model.list("vocab"), list.count <= count else {
            throw Failure(.badFormat, "tokenizer.json: 'vocab' is missing or longer than the embedding")
        }
        var pieces = [[UInt8]](repeating: [], count: count), scores = [Float](repeating: 0, count: count)
        for (id, entry) in list.enumerated() {
            guard let pair = entry as? [Any], pair.count == 2, let piece = pair[0] as? String, let score = pair[1] as? Double else {
                throw Failure(.badFormat, "tokenizer.json: piece \(id) has no text or score")
            }
            pieces[id] = Array(piece.utf8)
            scores[id] = Float(score)
        }
        return (pieces, scores)
    }

    /// Merges of SentencePiece vocabularies are all ways to make a piece, best pieces first: the first names the piece's rank.
    private static func ranked(_ source: TokenizerSource) -> [Float] {
        var ranks: [[UInt8]: Int] = [:]
        for merge in source.merges where ranks[merge.left + merge.right] == nil { ranks[merge.left + merge.right] = ranks.count }
        return source.pieces.map { -Float(ranks[$0] ?? ranks.count) }
    }

    private static func addTokens(_ json: JSONFields, _ source: inout TokenizerSource) throws {
        for entry in try json.list("added_tokens") ?? [] {
            guard let fields = entry as? [String: Any] else { throw Failure(.badFormat, "tokenizer.json: an added token is no object") }
            let token = JSONFields(fields, what: "tokenizer.json: an added token")
            let id = try token.required("id", in: 0...(source.pieces.count - 1))
            guard let text = try token.text("content") else {
                throw Failure(.badFormat, "tokenizer.json: the added token \(id) has no content")
            }
            for attribute in ["single_word", "lstrip", "rstrip"] where try token.flag(attribute) == true {
                throw Failure(.unsupported,
                    "tokenizer.json: the added token '\(text.prefix(40))' takes part of the text around it (\(attribute)), which can't be "
                        + "imported")
            }
            source.pieces[id] = Array(text.utf8)
            try token.requireAllRead(but: ["normalized", "special"])
            if source.types[id] != 6 { source.types[id] = try token.flag("special") == true ? 3 : 4 }
        }
    }

    private static func addEnds(_ json: JSONFields, _ configuration: JSONFields, _ sizes: TokenizerFacts,
                                _ source: inout TokenizerSource) throws {
        func id(_ key: String) -> Int? {
            let text = configuration.fields[key] as? String ?? (configuration.fields[key] as? [String: Any])?["content"] as? String
            return text.flatMap { text in source.pieces.firstIndex(of: Array(text.utf8)) }
        }
        source.beginToken = id("bos_token") ?? sizes.beginToken
        source.endToken = id("eos_token") ?? sizes.endTokens.first
        source.padToken = id("pad_token") ?? sizes.padToken
        if source.unknownToken == nil { source.unknownToken = id("unk_token") }
        source.endOfTurnTokens = sizes.endTokens.filter { $0 != source.endToken }
        let template = try json.object("post_processor").flatMap { try $0.list("single")
            ?? $0.list("processors")?.compactMap { ($0 as? [String: Any])?["single"] as? [Any] }.first } ?? []
        let parts = template.map { (($0 as? [String: Any])?["SpecialToken"] as? [String: Any])?["id"] as? String }
        let first = parts.first.flatMap { $0 }, last = parts.count > 1 ? parts.last.flatMap { $0 } : nil
        source.addsBeginToken = try configuration.flag("add_bos_token") ?? (first != nil)
        source.addsEndToken = try configuration.flag("add_eos_token") ?? (last != nil)
    }

    private static func template(_ folder: String, _ configuration: JSONFields) throws -> String {
        if let text = configuration.fields["chat_template"] as? String { return text }
        let path = folder + "/chat_template.jinja"
        return File.exists(path) ? String(decoding: try File.read(path, limit: 1 << 20), as: UTF8.self) : ""
    }
}
