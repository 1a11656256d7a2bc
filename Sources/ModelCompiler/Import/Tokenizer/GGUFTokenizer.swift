import Foundation
import Platform

/// The vocabulary in a GGUF file's metadata.
enum GGUFTokenizer {
    static func source(_ file: GGUFFile, vocabulary: Int) throws -> TokenizerSource {
        guard let model = try file.text("tokenizer.ggml.model") else {
            throw Failure(.badFormat, "GGUF file: 'tokenizer.ggml.model' is missing")
        }
        let kinds: [String: TokenizerSource.Kind] = ["gpt2": .bytePairs, "llama": .sentencePieceBPE, "t5": .sentencePieceUnigram]
        guard let kind = kinds[model] else {
            throw Failure(.unsupported, "GGUF file: the tokenizer '\(model.prefix(40))' can't be imported; gpt2, llama and t5 can")
        }
        guard file.metadata["tokenizer.ggml.precompiled_charsmap"] == nil else {
            throw Failure(.unsupported,
                "GGUF file: the tokenizer normalises characters by a table; only tokenizers that take text as it is can be imported")
        }
        guard let tokens = try file.array("tokenizer.ggml.tokens", of: [.string]) else {
            throw Failure(.badFormat, "GGUF file: 'tokenizer.ggml.tokens' is missing")
        }
        guard tokens.count == vocabulary else {
            throw Failure(.badFormat, "GGUF file: \(tokens.count) tokens but \(vocabulary) rows of embeddings")
        }
        let pieces = file.strings(tokens)
        let preTokenizer = kind == .bytePairs ? try file.text("tokenizer.ggml.pre") ?? "gpt-2" : ""
        var source = TokenizerSource(
            kind: kind, pieces: pieces, scores: try scores(file, count: pieces.count, required: kind != .bytePairs),
                types: try types(file, count: pieces.count),
            merges: kind == .bytePairs ? try merges(file) : [], preTokenizer: preTokenizer,
            beginToken: try id("bos", file), endToken: try id("eos", file), unknownToken: try id("unknown", file),
                padToken: try id("padding", file),
            endOfTurnTokens: [try id("eot", file), try id("eom", file)].compactMap { $0 },
            addsBeginToken: try file.flag("tokenizer.ggml.add_bos_token") ?? (kind == .sentencePieceBPE || preTokenizer == "llama-bpe"),
            addsEndToken: try file.flag("tokenizer.ggml.add_eos_token") ?? (kind == .sentencePieceUnigram),
            addsSpacePrefix: try file.flag("tokenizer.ggml.add_space_prefix") ?? (kind != .bytePairs),
            chatTemplate: try file.text("tokenizer.chat_template") ?? "")
        source.addKnownEndings()
        return source
    }

    private static func id(_ name: String, _ file: GGUFFile) throws -> Int? {
        try file.number("tokenizer.ggml.\(name)_token_id", in: TransformerLimits.vocabularyIDs)
    }

    private static func scores(_ file: GGUFFile, count: Int, required: Bool) throws -> [Float] {
        guard let array = try file.array("tokenizer.ggml.scores", of: [.float32]) else {
            if required { throw Failure(.badFormat, "GGUF file: 'tokenizer.ggml.scores' is missing") }
            return []
        }
        guard array.count == count else { throw Failure(.badFormat, "GGUF file: \(array.count) scores for \(count) tokens") }
        return file.floats(array)
    }

    private static func types(_ file: GGUFFile, count: Int) throws -> [UInt8] {
        guard let array = try file.array("tokenizer.ggml.token_type", of: [.int32, .uint32]) else {
            return [UInt8](repeating: 1, count: count)
        }
        guard array.count == count else { throw Failure(.badFormat, "GGUF file: \(array.count) token types for \(count) tokens") }
        return try file.int32s(array).map {
            guard (0...6).contains($0) else { throw Failure(.badFormat, "GGUF file: a token has the unknown type \($0)") }
            return $0 == 0 ? 1 : UInt8($0)
        }
    }

    private static func merges(_ file: GGUFFile) throws -> [(left: [UInt8], right: [UInt8])] {
        guard let array = try file.array("tokenizer.ggml.merges", of: [.string]) else {
            throw Failure(.badFormat, "GGUF file: 'tokenizer.ggml.merges' is missing")
        }
        return try file.strings(array).map { merge in
            // Pieces are spelt without spaces; the one inside parts the pair.
            guard let space = merge.dropFirst().firstIndex(of: 0x20), space < merge.count - 1 else {
                throw Failure(.badFormat, "GGUF file: the merge '\(String(decoding: merge.prefix(40), as: UTF8.self))' is not a pair")
            }
            return (Array(merge[..<space]), Array(merge[(space + 1)...]))
        }
    }
}

extension TokenizerSource {
    /// Tokens that end an answer in models whose file names only one of them.
    private static let knownEndings: Set<String> = ["<|im_end|>", "<end_of_turn>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|endoftext|>",
                                                    "<|end_of_text|>"]

    mutating func addKnownEndings() {
        for (id, piece) in pieces.enumerated() where types[id] == 3 || types[id] == 4 {
            guard piece.first == 0x3c, piece.count < 20, Self.knownEndings.contains(String(decoding: piece, as: UTF8.self)) else {
                continue
            }
            if id != endToken, !endOfTurnTokens.contains(id) { endOfTurnTokens.append(id) }
        }
    }
}
