import Nest

/// The tables of a function between tensors whose channels may have scales of their own: one for each kind of channel.
struct LookupTables {
    /// 256 bytes a table.
    private(set) var tables: [Int8] = []
    /// For each channel the number of its table; empty where there is one for all.
    private(set) var choices: [UInt16] = []

    private struct Kind: Hashable {
        var scale: Float, offset: Float, resultScale: Float
    }

    init(_ function: UnaryFunction, alpha: Float, beta: Float, from input: (Quantization, ChannelCoding?),
         to output: (Quantization, ChannelCoding?)) {
        guard let channels = (input.1 ?? output.1)?.factors.count else {
            tables = lookupTable(function, alpha: alpha, beta: beta, from: input.0, to: output.0)
            return
        }
        var known: [Kind: UInt16] = [:]
        for channel in 0..<channels {
            let kind = Kind(scale: input.0.scale * (input.1?.factors[channel] ?? 1), offset: input.1?.offsets[channel] ?? 0,
                            resultScale: output.0.scale * (output.1?.factors[channel] ?? 1))
            if known[kind] == nil {
                known[kind] = UInt16(clamping: known.count)
                tables += lookupTable(function, alpha: alpha, beta: beta,
                                      from: Quantization(scale: kind.scale, zeroPoint: input.0.zeroPoint), offset: kind.offset,
                                      to: Quantization(scale: kind.resultScale, zeroPoint: output.0.zeroPoint))
            }
            choices.append(known[kind] ?? 0)
        }
    }
}
