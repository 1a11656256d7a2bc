/// Working memory of the unigram model's best segmentation (Viterbi): for each place in the text the best way there.
struct UnigramLattice {
    struct Step {
        var score: Float
        /// Where the last piece begins, and which it is; -1: a character outside the vocabulary.
        var start: Int32, id: Int32
    }
    var steps: [Step] = []
    /// The way, from the end.
    var path: [Int32] = []
}

extension Tokenizer {
    /// Characters outside the vocabulary cost this much more than the least likely piece.
    private static let unknownPenalty: Float = 10

    /// The segmentation of the best sum of scores; of equals, the one found first.
    func encodeUnigram(_ text: UnsafeRawBufferPointer, into tokens: inout [Int32]) {
        let unreached = -Float.infinity
        let unknown = Float(bitPattern: image.number(.leastScore)) - Self.unknownPenalty
        viterbi.steps.removeAll(keepingCapacity: true)
        for _ in 0...text.count { viterbi.steps.append(.init(score: unreached, start: -1, id: -1)) }
        viterbi.steps[0].score = 0
        var position = 0
        while position < text.count {
            let own = viterbi.steps[position].score
            let character = utf8Scalar(text, at: position, end: text.count).length
            var hash = TokenizerLayout.seed, hasCharacter = false
            for length in 1...min(image.longestPiece, text.count - position) {
                hash = TokenizerLayout.step(hash, text[position + length - 1])
                guard length >= character else { continue }
                let id = image.find(UnsafeRawBufferPointer(rebasing: text[position..<position + length]),
                                    hash: TokenizerLayout.finish(hash))
                guard id >= 0 else { continue }
                if length == character { hasCharacter = true }
                reach(position + length, from: position, own + Float(bitPattern: image.scores[Int(id)]), id)
            }
            if !hasCharacter { reach(position + character, from: position, own + unknown, -1) }
            position += character
        }
        walkBack(text, into: &tokens)
    }

    private func reach(_ end: Int, from start: Int, _ score: Float, _ id: Int32) {
        if viterbi.steps[end].start < 0 || score > viterbi.steps[end].score {
            viterbi.steps[end] = .init(score: score, start: Int32(start), id: id)
        }
    }

    private func walkBack(_ text: UnsafeRawBufferPointer, into tokens: inout [Int32]) {
        viterbi.path.removeAll(keepingCapacity: true)
        var end = text.count
        while end > 0 {
            viterbi.path.append(Int32(end))
            end = Int(viterbi.steps[end].start)
        }
        var wasUnknown = false
        for end in viterbi.path.reversed() {
            let step = viterbi.steps[Int(end)]
            if step.id >= 0 {
                tokens.append(step.id)
                wasUnknown = false
            } else if image.bytes[0] < UInt32(image.count) {
                appendUnknown(UnsafeRawBufferPointer(rebasing: text[Int(step.start)..<Int(end)]), into: &tokens)
            } else if !wasUnknown {
                // A run of unknown characters is one unknown token.
                appendUnknown(UnsafeRawBufferPointer(rebasing: text[Int(step.start)..<Int(end)]), into: &tokens)
                wasUnknown = true
            }
        }
    }
}
