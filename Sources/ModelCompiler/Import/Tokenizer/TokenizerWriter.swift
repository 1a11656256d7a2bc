import Tokenizer
import Platform

extension TokenizerSource {
    /// The tokenizer as a nest keeps it (`TokenizerLayout`): what `Tokenizer` opens.
    public func image() throws -> [UInt8] { try TokenizerWriter(self).write() }
}

/// Lays a vocabulary out for the board.
struct TokenizerWriter {
    private typealias Section = TokenizerLayout.Section
    private let source: TokenizerSource
    private let preTokenizer: PreTokenizer
    /// What each piece stands for in text.
    private let texts: [[UInt8]]
    private var sections = [[UInt8]](repeating: [], count: TokenizerLayout.Section.allCases.count)
    private var longestProbe = 0

    init(_ source: TokenizerSource) throws {
        self.source = source
        try source.check(vocabulary: source.pieces.count)
        guard source.pieces.count < 1 << TokenizerLayout.indexBits - 1, source.merges.count < 1 << TokenizerLayout.indexBits - 1 else {
            throw Failure(.unsupported,
                          "the tokenizer has \(source.pieces.count) pieces and \(source.merges.count) merges, more than a nest can hold")
        }
        if source.kind == .bytePairs {
            guard let named = PreTokenizer.named(source.preTokenizer) else {
                throw Failure(.unsupported,
                    "the pre-tokenizer '\(source.preTokenizer.prefix(40))' is not known; it cuts text into words by rules of its own")
            }
            preTokenizer = named
        } else {
            preTokenizer = PreTokenizer(pattern: .gpt2, separatesDigits: false, digitsInWord: 1)
        }
        texts = source.pieces.indices.map { source.text(of: $0) }
    }

    func write() throws -> [UInt8] {
        var writer = self
        writer.writePieces()
        writer.writePieceTable()
        writer.writeBytes()
        if source.kind == .bytePairs { try writer.writeMerges() } else { writer.writeScores() }
        writer.writeSpecials()
        writer.set(.endings, source.endOfTurnTokens.map(UInt32.init))
        return writer.assembled()
    }

    private mutating func set(_ section: Section, _ words: [UInt32]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * words.count)
        for word in words { appendWord(word, &bytes) }
        sections[section.rawValue] = bytes
    }

    private mutating func writePieces() {
        var offsets: [UInt32] = [0], bytes: [UInt8] = []
        for text in texts {
            bytes += text
            offsets.append(UInt32(bytes.count))
        }
        set(.offsets, offsets)
        sections[Section.pieces.rawValue] = bytes
        sections[Section.types.rawValue] = source.types
    }

    /// Pieces that text can become. Of pieces that stand for the same bytes, the first one is found.
    private mutating func writePieceTable() {
        var entries: [(index: Int, hash: UInt32)] = [], seen: Set<[UInt8]> = []
        for (id, text) in texts.enumerated() where !text.isEmpty && [1, 4, 5].contains(source.types[id]) && seen.insert(text).inserted {
            entries.append((id, text.withUnsafeBytes { TokenizerLayout.hash($0) }))
        }
        set(.pieceTable, table(entries))
    }

    private mutating func table(_ entries: [(index: Int, hash: UInt32)]) -> [UInt32] {
        var size = 16
        while size < 2 * entries.count { size *= 2 }
        var slots = [UInt32](repeating: 0, count: size)
        for (index, hash) in entries {
            var place = Int(hash) & (size - 1), probes = 0
            while slots[place] != 0 {
                place = (place + 1) & (size - 1)
                probes += 1
            }
            slots[place] = TokenizerLayout.slot(index: UInt32(index), hash: hash)
            longestProbe = max(longestProbe, probes + 1)
        }
        return slots
    }

    private mutating func writeBytes() {
        var ids = [UInt32](repeating: .max, count: 256)
        for (id, text) in texts.enumerated() where text.count == 1 {
            // Byte-level: the piece of that byte; SentencePiece: the fall-back <0xNN>.
            guard source.kind == .bytePairs ? source.types[id] == 1 : source.types[id] == 6 else { continue }
            if ids[Int(text[0])] == .max { ids[Int(text[0])] = UInt32(id) }
        }
        set(.bytes, ids)
    }

    private mutating func writeMerges() throws {
        var ids: [[UInt8]: UInt32] = [:]
        for (id, text) in texts.enumerated() where source.types[id] != 3 && ids[text] == nil { ids[text] = UInt32(id) }
        var words: [UInt32] = [], entries: [(index: Int, hash: UInt32)] = [], seen: Set<UInt64> = []
        for merge in source.merges {
            let left = ByteAlphabet.bytes(merge.left), right = ByteAlphabet.bytes(merge.right)
            guard let leftID = ids[left], let rightID = ids[right], let result = ids[left + right] else {
                let pair = String(decoding: merge.left.prefix(40) + [0x20] + merge.right.prefix(40), as: UTF8.self)
                throw Failure(.badFormat, "the merge '\(pair)' makes no piece of the vocabulary out of two")
            }
            if seen.insert(UInt64(leftID) << 32 | UInt64(rightID)).inserted {
                entries.append((words.count / 3, TokenizerLayout.hash(left: leftID, right: rightID)))
            }
            words += [leftID, rightID, result]
        }
        set(.merges, words)
        set(.mergeTable, table(entries))
    }

    /// BPE only compares scores: their order is kept, equal ones stay equal. Unigram adds them up.
    private mutating func writeScores() {
        if source.kind == .sentencePieceUnigram { return set(.scores, source.scores.map(\.bitPattern)) }
        let order = Set(source.scores).sorted(by: >)
        let ranks = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, UInt32($0)) })
        set(.scores, source.scores.map { ranks[$0]! })
    }

    private mutating func writeSpecials() {
        let ids = texts.indices.filter { (source.types[$0] == 3 || source.types[$0] == 4) && !texts[$0].isEmpty }
            .sorted { texts[$0].lexicographicallyPrecedes(texts[$1]) || texts[$0] == texts[$1] && $0 < $1 }
        var starts = [UInt32](repeating: 0, count: 257)
        for id in ids { starts[Int(texts[id][0]) + 1] += 1 }
        for byte in 1...256 { starts[byte] += starts[byte - 1] }
        set(.specials, ids.map(UInt32.init))
        set(.specialStarts, starts)
    }

    private func assembled() -> [UInt8] {
        var header = [UInt32](repeating: 0, count: TokenizerLayout.headerWords), body: [UInt8] = []
        let headerBytes = (4 * TokenizerLayout.headerWords + 15) / 16 * 16
        for (index, section) in sections.enumerated() {
            header[TokenizerLayout.sectionWord + 2 * index] = UInt32(headerBytes + body.count)
            header[TokenizerLayout.sectionWord + 2 * index + 1] = UInt32(section.count)
            body += section
            body += [UInt8](repeating: 0, count: (16 - body.count % 16) % 16)
        }
        func word(_ word: TokenizerLayout.Word, _ value: UInt32) { header[word.rawValue] = value }
        func id(_ id: Int?) -> UInt32 { id.map(UInt32.init) ?? .max }
        word(.magic, TokenizerLayout.magic)
        word(.version, TokenizerLayout.version)
        word(.bytes, UInt32(headerBytes + body.count))
        word(.kind, Tokenizer.Kind(source.kind).rawValue)
        word(.flags, flags)
        word(.pattern, preTokenizer.pattern.rawValue)
        word(.digitsInWord, UInt32(preTokenizer.digitsInWord))
        word(.count, UInt32(source.pieces.count))
        word(.begin, id(source.beginToken))
        word(.end, id(source.endToken))
        word(.unknown, id(source.unknownToken))
        word(.padding, id(source.padToken))
        word(.longestPiece, UInt32(longestPiece))
        word(.longestProbe, UInt32(longestProbe))
        word(.leastScore, leastScore.bitPattern)
        var bytes: [UInt8] = []
        for word in header { appendWord(word, &bytes) }
        bytes += [UInt8](repeating: 0, count: headerBytes - bytes.count)
        return bytes + body
    }

    private func appendWord(_ word: UInt32, _ bytes: inout [UInt8]) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private var longestPiece: Int {
        var longest = 1
        for (text, type) in zip(texts, source.types) where type == 1 || type == 4 || type == 5 { longest = max(longest, text.count) }
        return longest
    }

    private var leastScore: Float {
        var least = Float.infinity
        for (score, type) in zip(source.scores, source.types) where type == 1 { least = min(least, score) }
        return least.isFinite ? least : 0
    }

    private var flags: UInt32 {
        // Llama 3's tokenizer looks a word up before it merges; its name is what files tell it by.
        let wholeWords = source.kind == .bytePairs && preTokenizer.pattern == .llama3 && preTokenizer.digitsInWord == 3
        var flags: UInt32 = 0
        if source.addsBeginToken { flags |= TokenizerLayout.Flag.addsBegin }
        if source.addsEndToken { flags |= TokenizerLayout.Flag.addsEnd }
        if source.addsSpacePrefix { flags |= TokenizerLayout.Flag.addsSpacePrefix }
        if source.keepsOwnSpace { flags |= TokenizerLayout.Flag.keepsOwnSpace }
        if source.prefixesFirstOnly { flags |= TokenizerLayout.Flag.prefixesFirstOnly }
        if preTokenizer.separatesDigits { flags |= TokenizerLayout.Flag.separatesDigits }
        if wholeWords { flags |= TokenizerLayout.Flag.wholeWords }
        return flags
    }
}

private extension Tokenizer.Kind {
    init(_ kind: TokenizerSource.Kind) {
        switch kind {
        case .bytePairs: self = .bytePairs
        case .sentencePieceBPE: self = .sentencePieceBPE
        case .sentencePieceUnigram: self = .sentencePieceUnigram
        }
    }
}
