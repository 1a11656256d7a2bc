import CKernels

extension KernelTable {
    /// The plain Swift implementation: slow, and right by inspection.
    public static var reference: KernelTable {
        KernelTable(
            name: "reference", convolution: referenceConvolution, depthwise: referenceDepthwise,
            floatConvolution: referenceFloatConvolution, floatDepthwise: referenceFloatDepthwise, add: referenceAdd,
            lookup: referenceLookup, quantize: referenceQuantize, dequantize: referenceDequantize,
            channelSums: referenceChannelSums)
    }

    /// Every table that this processor can run, best first, the reference last.
    public static func all(for features: ProcessorFeatures) -> [KernelTable] {
        var tables = fast(for: features)
        tables.append(.reference)
        return tables.map { $0.checked }
    }

    /// The best table that this processor can run.
    public static func chosen(for features: ProcessorFeatures) -> KernelTable {
        (fast(for: features).first ?? .reference).checked
    }

    /// The table of one family, "neon" or "reference" say: the first whose name starts with `family`. Nil if no such
    /// family exists or this processor cannot run it.
    public static func named(_ family: String, for features: ProcessorFeatures = .detect()) -> KernelTable? {
        all(for: features).first { $0.family == family || $0.name == family }
    }

    /// The first word of the name: what a user writes to choose this table.
    public var family: String {
        var letters = ""
        for character in name.unicodeScalars {
            if character == "+" { break }
            letters.unicodeScalars.append(character)
        }
        return letters
    }
}
