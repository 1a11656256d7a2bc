import Platform

extension Tokenizer {
    /// Bytes of a text at most: far beyond any context, and a bound on the working memory (about 50 bytes a byte of one word).
    public static let longestText = 1 << 20

    /// Encodes a text. `control`: control tokens in it ("<|im_end|>") are recognised; without, their text is plain
    /// text, which is right for anything a person wrote. Invalid UTF-8 is kept, byte by byte.
    public func encode(_ text: String, control: Bool = false, addsBegin: Bool = false) throws(Failure) -> [Int32] {
        var tokens: [Int32] = []
        if addsBegin, addsBeginToken, let beginToken { tokens.append(Int32(beginToken)) }
        var copy = text
        var failure: Failure?
        copy.withUTF8 { bytes in
            do throws(Failure) { try encode(UnsafeRawBufferPointer(bytes), control: control, into: &tokens) } catch { failure = error }
        }
        if let failure { throw failure }
        return tokens
    }

    /// As above, appending to `tokens`. Neither begin nor end tokens are added.
    public func encode(_ text: UnsafeRawBufferPointer, control: Bool, into tokens: inout [Int32]) throws(Failure) {
        guard text.count <= Self.longestText else {
            throw Failure(.usage, "a text of \(megabytes(text.count)) is too long to encode; at most \(megabytes(Self.longestText))")
        }
        var start = 0, position = 0
        while position < text.count {
            guard let special = image.special(text, at: position, control: control) else {
                position += 1
                continue
            }
            encodePlain(text, start..<position, into: &tokens)
            tokens.append(Int32(special.id))
            position += special.length
            start = position
        }
        encodePlain(text, start..<text.count, into: &tokens)
        if text.count > Self.usualText { giveBack() }
    }

    /// Working memory of texts up to this length is kept for the next one.
    private static let usualText = 1 << 16

    private func giveBack() {
        merger = PairMerger()
        viterbi = UnigramLattice()
        fragment = []
    }

    /// A stretch between special tokens.
    private func encodePlain(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, into tokens: inout [Int32]) {
        guard !range.isEmpty else { return }
        switch kind {
        case .bytePairs: encodeBytePairs(text, range, into: &tokens)
        case .sentencePieceBPE, .sentencePieceUnigram:
            fragment.removeAll(keepingCapacity: true)
            appendUnmarked(UnsafeRawBufferPointer(rebasing: text[range]))
            if addsSpacePrefix, !keepsOwnSpace || fragment.first != 0x20, !prefixesFirstOnly || isBeginning(tokens, range) {
                fragment.insert(0x20, at: 0)
            }
            let own = fragment
            own.withUnsafeBytes { bytes in
                if kind == .sentencePieceBPE { encodeSentencePiece(bytes, into: &tokens) } else { encodeUnigram(bytes, into: &tokens) }
            }
        }
    }

    /// Whether nothing but the token that begins every text comes before.
    private func isBeginning(_ tokens: [Int32], _ range: Range<Int>) -> Bool {
        guard range.lowerBound == 0 else { return false }
        return tokens.isEmpty || (tokens.count == 1 && Int(tokens[0]) == beginToken)
    }

    /// SentencePiece's mark for a space (U+2581) is a space to it in any text.
    private func appendUnmarked(_ text: UnsafeRawBufferPointer) {
        var position = 0
        while position < text.count {
            if text[position] == 0xe2, position + 2 < text.count, text[position + 1] == 0x96, text[position + 2] == 0x81 {
                fragment.append(0x20)
                position += 3
            } else {
                fragment.append(text[position])
                position += 1
            }
        }
    }

    private func encodeBytePairs(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, into tokens: inout [Int32]) {
        var position = range.lowerBound
        while position < range.upperBound {
            let end = preTokenizer.stretch(text, position, range.upperBound)
            while position < end {
                let next = preTokenizer.word(text, position, end)
                encodeWord(text, position..<next, into: &tokens)
                position = next
            }
        }
    }

    private func encodeWord(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, into tokens: inout [Int32]) {
        if range.count == 1 { return appendByte(text[range.lowerBound], into: &tokens) }
        if image.flags & TokenizerLayout.Flag.wholeWords != 0, range.count <= image.longestPiece {
            let word = UnsafeRawBufferPointer(rebasing: text[range])
            let id = image.find(word, hash: TokenizerLayout.hash(word))
            if id >= 0 { return tokens.append(id) }
        }
        merger.begin()
        for place in range {
            let id = image.bytes[Int(text[place])]
            // Some vocabularies lack bytes that their texts never had; such bytes are left out, as the model's own tokenizer does.
            if id < UInt32(image.count) { merger.append(PairMerger.Symbol(start: place, end: place + 1, id: Int32(id))) }
        }
        merger.merge { image.merge($0.id, $1.id) }
        merger.forEach { tokens.append($0.id) }
    }

    private func encodeSentencePiece(_ text: UnsafeRawBufferPointer, into tokens: inout [Int32]) {
        merger.begin()
        var position = 0
        while position < text.count {
            let length = utf8Scalar(text, at: position, end: text.count).length
            let character = UnsafeRawBufferPointer(rebasing: text[position..<position + length])
            merger.append(PairMerger.Symbol(start: position, end: position + length,
                                            id: image.find(character, hash: TokenizerLayout.hash(character))))
            position += length
        }
        merger.merge { left, right in
            let pair = Int(left.start)..<Int(right.end)
            guard pair.count <= image.longestPiece else { return nil }
            let bytes = UnsafeRawBufferPointer(rebasing: text[pair]), id = image.find(bytes, hash: TokenizerLayout.hash(bytes))
            return id < 0 ? nil : (image.scores[Int(id)], id)
        }
        merger.forEach { symbol in
            if symbol.id >= 0 { return tokens.append(symbol.id) }
            appendUnknown(UnsafeRawBufferPointer(rebasing: text[Int(symbol.start)..<Int(symbol.end)]), into: &tokens)
        }
    }

    /// A character outside the vocabulary: its bytes, or the unknown token where the model has no pieces for bytes.
    func appendUnknown(_ character: UnsafeRawBufferPointer, into tokens: inout [Int32]) {
        if image.bytes[Int(character[0])] < UInt32(image.count) {
            for byte in character { appendByte(byte, into: &tokens) }
        } else if let unknownToken {
            tokens.append(Int32(unknownToken))
        }
    }

    private func appendByte(_ byte: UInt8, into tokens: inout [Int32]) {
        let id = image.bytes[Int(byte)]
        if id < UInt32(image.count) { tokens.append(Int32(id)) }
    }
}
