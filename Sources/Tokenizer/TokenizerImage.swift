import Platform

/// The sections of a tokenizer in mapped memory. Opening checks the header and the extent of each section; what a
/// section contains is checked where it is used, so that no page is read before it is needed.
struct TokenizerImage {
    let count: Int, kind: UInt32, flags: UInt32, longestPiece: Int
    private let longestProbe: Int
    private let offsets: UnsafePointer<UInt32>
    private let pieces: UnsafeRawBufferPointer
    private let types: UnsafePointer<UInt8>
    private let pieceTable: UnsafeBufferPointer<UInt32>, mergeTable: UnsafeBufferPointer<UInt32>
    private let merges: UnsafeBufferPointer<UInt32>
    let scores: UnsafeBufferPointer<UInt32>
    let bytes: UnsafeBufferPointer<UInt32>
    let specials: UnsafeBufferPointer<UInt32>, specialStarts: UnsafeBufferPointer<UInt32>, endings: UnsafeBufferPointer<UInt32>
    private let header: UnsafePointer<UInt32>

    init(_ image: UnsafeRawBufferPointer, name: String) throws(Failure) {
        func bad(_ what: String) -> Failure { Failure(.badFormat, "\(name): the tokenizer \(what); compile the model again") }
        guard let base = image.baseAddress, Int(bitPattern: base) % 4 == 0, image.count >= 4 * TokenizerLayout.headerWords else {
            throw bad("is cut off")
        }
        let header = base.assumingMemoryBound(to: UInt32.self)
        func word(_ word: TokenizerLayout.Word) -> Int { Int(clamping: header[word.rawValue]) }
        guard header[0] == TokenizerLayout.magic else { throw bad("is none") }
        guard header[1] == TokenizerLayout.version else {
            throw bad("has version \(header[1]), this firmware reads \(TokenizerLayout.version)")
        }
        guard word(.bytes) <= image.count else { throw bad("is cut off") }
        let total = word(.bytes), count = word(.count)
        guard count > 0, count < 1 << TokenizerLayout.indexBits - 1 else { throw bad("has \(count) pieces") }
        var sections: [UnsafeRawBufferPointer] = []
        for section in TokenizerLayout.Section.allCases {
            let place = TokenizerLayout.sectionWord + 2 * section.rawValue
            let offset = Int(clamping: header[place]), length = Int(clamping: header[place + 1])
            guard offset % 16 == 0, offset <= total, length <= total - offset else { throw bad("has a section outside its bytes") }
            sections.append(UnsafeRawBufferPointer(start: base + offset, count: length))
        }
        func words(_ section: TokenizerLayout.Section) -> UnsafeBufferPointer<UInt32> {
            let bytes = sections[section.rawValue]
            return UnsafeBufferPointer(start: bytes.baseAddress!.assumingMemoryBound(to: UInt32.self), count: bytes.count / 4)
        }
        func isTable(_ section: TokenizerLayout.Section) -> Bool { words(section).count & (words(section).count - 1) == 0 }
        kind = header[TokenizerLayout.Word.kind.rawValue]
        guard kind < 3, words(.offsets).count > count, sections[TokenizerLayout.Section.types.rawValue].count >= count,
              words(.bytes).count == 256, words(.specialStarts).count == 257, isTable(.pieceTable), isTable(.mergeTable),
              words(.merges).count % 3 == 0, kind == 0 || words(.scores).count >= count else { throw bad("has sections of the wrong size") }
        self.header = header
        self.count = count
        flags = header[TokenizerLayout.Word.flags.rawValue]
        longestPiece = max(1, min(word(.longestPiece), 1 << 16))
        longestProbe = min(word(.longestProbe), 1 << 10)
        offsets = words(.offsets).baseAddress!
        pieces = sections[TokenizerLayout.Section.pieces.rawValue]
        types = sections[TokenizerLayout.Section.types.rawValue].baseAddress!.assumingMemoryBound(to: UInt8.self)
        pieceTable = words(.pieceTable)
        mergeTable = words(.mergeTable)
        merges = words(.merges)
        scores = words(.scores)
        bytes = words(.bytes)
        specials = words(.specials)
        specialStarts = words(.specialStarts)
        endings = words(.endings)
    }

    /// A number of the header that is an id; nil where the model has no such token.
    func id(_ word: TokenizerLayout.Word) -> Int? {
        let id = Int(clamping: header[word.rawValue])
        return id < count ? id : nil
    }

    func number(_ word: TokenizerLayout.Word) -> UInt32 { header[word.rawValue] }

    /// The bytes that a piece stands for; empty for ids that don't exist.
    @inline(__always)
    func piece(_ id: Int) -> UnsafeRawBufferPointer {
        guard id >= 0, id < count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let start = Int(clamping: offsets[id]), end = Int(clamping: offsets[id + 1])
        guard start <= end, end <= pieces.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: pieces[start..<end])
    }

    func type(_ id: Int) -> UInt8 { id >= 0 && id < count ? types[id] : 0 }

    /// The piece that is exactly these bytes, or -1. `hash` is `TokenizerLayout.hash` of them.
    @inline(__always)
    func find(_ text: UnsafeRawBufferPointer, hash: UInt32) -> Int32 {
        let mask = pieceTable.count - 1
        guard mask >= 0 else { return -1 }
        let fingerprint = hash >> TokenizerLayout.indexBits
        var place = Int(truncatingIfNeeded: hash) & mask
        for _ in 0...longestProbe {
            let slot = pieceTable[place]
            if slot == 0 { return -1 }
            if slot >> TokenizerLayout.indexBits == fingerprint {
                let id = Int(slot & (1 << TokenizerLayout.indexBits - 1)) - 1, piece = piece(id)
                if piece.count == text.count, equal(piece, text) { return Int32(id) }
            }
            place = (place + 1) & mask
        }
        return -1
    }

    /// The rank and result of a merge of byte-level BPE, or nil.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> (rank: UInt32, result: Int32)? {
        let mask = mergeTable.count - 1
        guard mask >= 0 else { return nil }
        let hash = TokenizerLayout.hash(left: UInt32(bitPattern: left), right: UInt32(bitPattern: right))
        let fingerprint = hash >> TokenizerLayout.indexBits
        var place = Int(truncatingIfNeeded: hash) & mask
        for _ in 0...longestProbe {
            let slot = mergeTable[place]
            if slot == 0 { return nil }
            let index = Int(slot & (1 << TokenizerLayout.indexBits - 1)) - 1
            if slot >> TokenizerLayout.indexBits == fingerprint, index >= 0, 3 * index + 2 < merges.count,
               merges[3 * index] == UInt32(bitPattern: left), merges[3 * index + 1] == UInt32(bitPattern: right),
                   merges[3 * index + 2] < UInt32(count) {
                return (UInt32(index), Int32(bitPattern: merges[3 * index + 2]))
            }
            place = (place + 1) & mask
        }
        return nil
    }

    /// The longest control or user-defined piece at a position of the text, or nil. Control pieces count only where `control`.
    func special(_ text: UnsafeRawBufferPointer, at position: Int, control: Bool) -> (id: Int, length: Int)? {
        let first = Int(text[position])
        var low = Int(clamping: specialStarts[first]), high = min(Int(clamping: specialStarts[first + 1]), specials.count)
        var depth = 1, found: (id: Int, length: Int)?
        // Those that begin with the text so far are neighbours, the shortest first.
        while low < high {
            let id = Int(clamping: specials[low])
            let piece = piece(id)
            if piece.count == depth {
                if control || type(id) != 3 { found = (id, depth) }
                low += 1
                continue
            }
            guard position + depth < text.count, piece.count > depth else { break }
            let byte = text[position + depth]
            low = bound(low, high, depth) { $0 < byte }
            high = bound(low, high, depth) { $0 <= byte }
            depth += 1
        }
        return found
    }

    /// The first of `specials` in the range whose byte at `depth` isn't `before`.
    private func bound(_ start: Int, _ end: Int, _ depth: Int, _ before: (UInt8) -> Bool) -> Int {
        var low = start, high = end
        while low < high {
            let middle = (low + high) / 2, piece = piece(Int(clamping: specials[middle]))
            if piece.count <= depth || before(piece[depth]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

@inline(__always)
private func equal(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    for index in 0..<one.count where one[index] != other[index] { return false }
    return true
}
