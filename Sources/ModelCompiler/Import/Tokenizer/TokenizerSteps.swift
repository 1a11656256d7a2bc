import Foundation
import Platform

/// What happens to text before a tokenizer.json's model sees it, as far as it is understood; the rest is refused.
struct TokenizerSteps {
    /// The scanner's published name where the tokenizer is byte-level.
    private(set) var preTokenizer: String?
    /// Spaces become U+2581.
    private(set) var marksSpaces = false
    private(set) var prefixesSpace = false
    /// Metaspace: no prefix before a space of the text's own; none after special tokens.
    private(set) var keepsOwnSpace = false, prefixesFirstOnly = false
    /// Metaspace: every mark begins a word, so that no piece reaches over one.
    private(set) var cutsAtMarks = false

    private var separatesDigits = false, isByteLevel = false, ownPattern: String?

    /// Published regular expressions by the name of their scanner.
    private static let patterns = [
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#:
            "llama-bpe",
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#: "qwen2",
    ]

    init(_ json: JSONFields) throws {
        for step in try Self.flattened(json.object("normalizer"), "normalizers") {
            try normalize(step)
            try step.requireAllRead(but: [])
        }
        for step in try Self.flattened(json.object("pre_tokenizer"), "pretokenizers") {
            try cut(step)
            try step.requireAllRead(but: ["trim_offsets", "str_rep", "add_prefix_space", "use_regex", "behavior"])
        }
        if isByteLevel {
            guard !separatesDigits || ownPattern == nil else {
                throw Failure(.unsupported, "tokenizer.json: its pre-tokenizers together are not known")
            }
            preTokenizer = ownPattern ?? (separatesDigits ? "smollm" : "gpt-2")
        }
    }

    private static func flattened(_ step: JSONFields?, _ list: String) throws -> [JSONFields] {
        guard let step else { return [] }
        guard try step.text("type") == "Sequence" else { return [step] }
        return try (step.list(list) ?? []).map {
            guard let fields = $0 as? [String: Any] else { throw Failure(.badFormat, "\(step.what): it lists something that is no object") }
            return JSONFields(fields, what: step.what)
        }
    }

    private func text(_ step: JSONFields, _ key: String) throws -> String? { try step.object(key)?.text("String") }

    private mutating func normalize(_ step: JSONFields) throws {
        switch try step.text("type") ?? "" {
        case "Replace":
            guard try text(step, "pattern") == " ", try step.text("content") == "\u{2581}" else { throw unknown(step) }
            marksSpaces = true
        case "Prepend":
            guard try step.text("prepend") == "\u{2581}" else { throw unknown(step) }
            prefixesSpace = true
        default: throw unknown(step)
        }
    }

    private mutating func cut(_ step: JSONFields) throws {
        switch try step.text("type") ?? "" {
        case "ByteLevel":
            guard try step.flag("add_prefix_space") != true else {
                throw Failure(.unsupported, "\(step.what): a byte-level tokenizer that adds a space can't be imported")
            }
            guard try step.flag("use_regex") ?? true || ownPattern != nil else { throw unknown(step) }
            isByteLevel = true
        case "Digits":
            guard try step.flag("individual_digits") == true else { throw unknown(step) }
            separatesDigits = true
        case "Metaspace":
            guard try step.text("replacement") ?? "\u{2581}" == "\u{2581}" else { throw unknown(step) }
            marksSpaces = true
            let old = try step.flag("add_prefix_space"), scheme = try step.text("prepend_scheme") ?? (old == false ? "never" : "always")
            guard ["always", "first", "never"].contains(scheme) else { throw unknown(step) }
            prefixesSpace = scheme != "never"
            keepsOwnSpace = prefixesSpace
            prefixesFirstOnly = scheme == "first"
            cutsAtMarks = try step.flag("split") ?? true
        case "Split":
            // After SentencePiece's space marks there are no spaces left to cut at.
            if try text(step, "pattern") == " ", marksSpaces { return }
            guard let expression = try step.object("pattern")?.text("Regex"), let name = Self.patterns[expression],
                  try step.text("behavior") == "Isolated" else {
                throw unknown(step)
            }
            ownPattern = name
        default: throw unknown(step)
        }
    }

    private func unknown(_ step: JSONFields) -> Failure {
        Failure(.unsupported,
            "\(step.what): '\((step.fields["type"] as? String ?? "").prefix(40))' as it is there is not known; it changes or cuts the text "
                + "by rules of its own")
    }
}
