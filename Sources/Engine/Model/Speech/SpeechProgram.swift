import Nest

extension Program {
    /// Whether it is an encoder with a decoder: only those look at the positions of an encoder.
    var isOfSpeech: Bool {
        instructions.contains { $0.opcode == .headAttention || $0.opcode == .window }
    }

    /// The instructions of the encoder, which stand before the decoder's first; nil where they don't.
    var encoderSteps: Int? {
        for (index, instruction) in instructions.enumerated() where instruction.opcode == .embedding { return index > 0 ? index : nil }
        return nil
    }

    /// Positions that the smallest memory of the decoder's own attention holds, and its table of positions.
    var decoderSlots: Int {
        var least = Int.max
        for instruction in instructions {
            if instruction.opcode == .headAttention, HeadAttentionAttributes(words: instruction.attributes)?.isCausal == 1 {
                least = min(least, Int(tensors[Int(instruction.inputs.1)].width))
            }
            if instruction.opcode == .positions, let a = PositionsAttributes(words: instruction.attributes), a.selection == .all {
                least = min(least, Int(a.count))
            }
        }
        return least
    }
}
