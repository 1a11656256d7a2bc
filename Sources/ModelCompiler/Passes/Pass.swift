import Platform

/// One named rewriting of the graph.
public struct Pass: Sendable {
    public var name: String
    public var run: @Sendable (inout Graph) throws -> Void

    public init(_ name: String, _ run: @escaping @Sendable (inout Graph) throws -> Void) {
        self.name = name
        self.run = run
    }

    /// What every graph needs before anything else: constants folded, bytes signed, no empty steps.
    public static let preparation: [Pass] = [
        Pass("sign bytes", signBytes),
        Pass("absorb quantisation", absorbQuantization),
        Pass("fold constants", foldConstants),
        Pass("remove identities", removeIdentities),
        Pass("separate padding", separatePadding),
        Pass("separate functions", separateFunctions),
        Pass("recognise SiLU", recognizeSiLU),
        Pass("remove dead nodes", removeDeadNodes),
    ]

    /// Fusions that quantisation sees the result of: arithmetic that disappears into weights, pads and clamps.
    public static let folding: [Pass] = [
        Pass("fold batch normalisation", foldBatchNormalization),
        Pass("fold scales", foldScales),
        Pass("fuse padding", fusePadding),
        Pass("fold space to depth", foldSpaceToDepth),
        Pass("fuse activations", fuseActivations),
        Pass("remove dead nodes", removeDeadNodes),
    ]

    /// Fusions after quantisation: the values between the fused steps keep their own scales.
    public static let fusion: [Pass] = [
        Pass("fuse functions", fuseFunctions),
        Pass("fuse residuals", fuseResiduals),
        Pass("remove dead nodes", removeDeadNodes),
    ]

    /// Instead of `folding` and `fusion`, for a program that shows what they gain.
    public static let separation: [Pass] = [
        Pass("batch normalisation as depthwise", batchNormalizationToDepthwise),
        Pass("separate activations", separateActivations),
        Pass("remove dead nodes", removeDeadNodes),
    ]
}

extension Graph {
    /// Runs passes in order; a failure says which one.
    public mutating func apply(_ passes: [Pass]) throws {
        for pass in passes { try pass.run(&self) }
    }
}
