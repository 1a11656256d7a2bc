/// Cuts text into the words that byte-level byte-pair encoding merges inside of: what published tokenizers write as
/// regular expressions, as scanners. Everything takes a range of `text` and gives the end of the word at its start.
public struct PreTokenizer: Sendable {
    /// The scanners, each with the regular expression it stands for; the raw values are the file's.
    public enum Pattern: UInt32, Sendable {
        /// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
        case gpt2 = 0
        /// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
        case llama3 = 1
    }

    public var pattern: Pattern
    /// Every number character is a word of its own, and the pattern sees only what lies between.
    public var separatesDigits: Bool
    /// Number characters in a word at most (llama3's pattern).
    public var digitsInWord: Int

    public init(pattern: Pattern, separatesDigits: Bool, digitsInWord: Int) {
        self.pattern = pattern
        self.separatesDigits = separatesDigits
        self.digitsInWord = digitsInWord
    }

    /// The scanner for a published name; nil: not known.
    public static func named(_ name: String) -> PreTokenizer? {
        for entry in table where entry.name == name {
            return PreTokenizer(pattern: entry.pattern, separatesDigits: entry.separates, digitsInWord: entry.digits)
        }
        return nil
    }

    private static let table: [(name: String, pattern: Pattern, separates: Bool, digits: Int)] = [
        ("gpt-2", .gpt2, false, 0), ("default", .gpt2, false, 0), ("smollm", .gpt2, true, 0), ("starcoder", .gpt2, true, 0),
            ("refact", .gpt2, true, 0),
        ("command-r", .gpt2, true, 0), ("exaone", .gpt2, true, 0), ("codeshell", .gpt2, true, 0),
        ("llama-bpe", .llama3, false, 3), ("llama3", .llama3, false, 3), ("llama-v3", .llama3, false, 3), ("dbrx", .llama3, false, 3),
        ("smaug-bpe", .llama3, false, 3), ("qwen2", .llama3, false, 1),
    ]

    /// The end of the stretch from `start` that `pattern` may look at: up to the next number where those stand alone.
    func stretch(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        guard separatesDigits else { return end }
        var position = start
        while position < end {
            let character = ScannedCharacter(text, at: position, end: end)
            if character.kind == .number { return position == start ? position + character.length : position }
            position += character.length
        }
        return end
    }

    func word(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        switch pattern {
        case .gpt2: gpt2Word(text, start, end)
        case .llama3: llama3Word(text, start, end)
        }
    }

    private func gpt2Word(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        if text[start] == 0x27, let contraction = contraction(text, start, end, ignoresCase: false) { return contraction }
        var position = start
        var character = ScannedCharacter(text, at: start, end: end)
        if text[start] == 0x20, start + 1 < end {
            let next = ScannedCharacter(text, at: start + 1, end: end)
            if next.kind != .space {
                position += 1
                character = next
            }
        }
        guard character.kind == .space else { return run(of: character.kind, text, position + character.length, end, atMost: Int.max) }
        return spaces(text, start, end)
    }

    private func llama3Word(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        let first = text[start]
        if first == 0x27, let contraction = contraction(text, start, end, ignoresCase: true) { return contraction }
        let character = ScannedCharacter(text, at: start, end: end), after = start + character.length
        switch character.kind {
        case .letter: return run(of: .letter, text, after, end, atMost: Int.max)
        case .number: return run(of: .number, text, after, end, atMost: digitsInWord - 1)
        case .other, .space: break
        }
        let next = after < end ? ScannedCharacter(text, at: after, end: end) : nil
        if first != 0x0a, first != 0x0d, let next, next.kind == .letter {
            return run(of: .letter, text, after + next.length, end, atMost: Int.max)
        }
        if character.kind == .other { return newlines(text, run(of: .other, text, after, end, atMost: Int.max), end) }
        if first == 0x20, let next, next.kind == .other {
            return newlines(text, run(of: .other, text, after + next.length, end, atMost: Int.max), end)
        }
        // \s*[\r\n]+ reaches to the last line break of the white space.
        let limit = run(of: .space, text, after, end, atMost: Int.max)
        var last = limit
        while last > start {
            if text[last - 1] == 0x0a || text[last - 1] == 0x0d { return last }
            last -= 1
        }
        return spaces(text, start, end)
    }

    /// \s+(?!\S)|\s+ : all white space, less its last character where something follows.
    private func spaces(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        var position = start, last = start
        while position < end {
            let character = ScannedCharacter(text, at: position, end: end)
            guard character.kind == .space else { return last > start ? last : position }
            last = position
            position += character.length
        }
        return position
    }

    private func run(of kind: CharacterClass, _ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int, atMost: Int) -> Int {
        var position = start, count = 0
        while position < end, count < atMost {
            let character = ScannedCharacter(text, at: position, end: end)
            guard character.kind == kind else { break }
            position += character.length
            count += 1
        }
        return position
    }

    private func newlines(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        var position = start
        while position < end, text[position] == 0x0a || text[position] == 0x0d { position += 1 }
        return position
    }

    /// The end of 's, 't, 'm, 'd, 're, 've, 'll at an apostrophe.
    private func contraction(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int, ignoresCase: Bool) -> Int? {
        guard start + 1 < end else { return nil }
        // Without case, the long s (U+017F) is an s too.
        if ignoresCase, start + 2 < end, text[start + 1] == 0xc5, text[start + 2] == 0xbf { return start + 3 }
        let fold: UInt8 = ignoresCase ? 0x20 : 0
        switch text[start + 1] | fold {
        case 0x73, 0x74, 0x6d, 0x64: return start + 2
        case 0x72, 0x76: return start + 2 < end && text[start + 2] | fold == 0x65 ? start + 3 : nil
        case 0x6c: return start + 2 < end && text[start + 2] | fold == 0x6c ? start + 3 : nil
        default: return nil
        }
    }
}
