import Platform

/// The hyperparameters of a GGUF file, each inside believable bounds.
struct GGUFSizes {
    let layers: Int, width: Int, heads: Int, keyValueHeads: Int, headDimension: Int, feedForward: Int, context: Int
    let epsilon: Float, rotaryBase: Float, localRotaryBase: Float, rotaryScale: Float, attentionScale: Float
    let attentionSoftCap: Float, outputSoftCap: Float
    /// 0: no layer slides.
    let window: Int
    /// Every so many layers one sees everything; 0: all slide.
    private let pattern: Int

    func isLocal(_ layer: Int) -> Bool { window > 0 && (pattern == 0 || layer % pattern < pattern - 1) }

    init(_ file: GGUFFile, architecture: TransformerModel.Architecture) throws {
        func key(_ name: String) -> String { "\(architecture.rawValue).\(name)" }
        let gemma = architecture == .gemma3
        layers = try file.required(key("block_count"), in: TransformerLimits.layers)
        width = try file.required(key("embedding_length"), in: TransformerLimits.width)
        heads = try file.required(key("attention.head_count"), in: TransformerLimits.heads)
        keyValueHeads = try file.number(key("attention.head_count_kv"), in: TransformerLimits.heads) ?? heads
        feedForward = try file.required(key("feed_forward_length"), in: TransformerLimits.feedForward)
        context = try file.required(key("context_length"), in: TransformerLimits.context)
        guard let epsilon = try file.real(key("attention.layer_norm_rms_epsilon"), in: TransformerLimits.epsilon) else {
            throw Failure(.badFormat, "GGUF file: '\(key("attention.layer_norm_rms_epsilon"))' is missing")
        }
        self.epsilon = epsilon
        let ownDimension = try file.number(key("attention.key_length"), in: TransformerLimits.headDimension)
        guard ownDimension != nil || width % heads == 0 else {
            throw Failure(.badFormat, "GGUF file: \(heads) heads don't divide the width \(width)")
        }
        headDimension = ownDimension ?? width / heads
        guard TransformerLimits.headDimension.contains(headDimension), heads % keyValueHeads == 0 else {
            throw Failure(.badFormat,
                          "GGUF file: \(heads) heads of \(headDimension) values with \(keyValueHeads) for keys and values are impossible")
        }
        if let values = try file.number(key("attention.value_length"), in: TransformerLimits.headDimension), values != headDimension {
            throw Failure(.unsupported, "GGUF file: values of \(values) beside keys of \(headDimension) can't be imported")
        }
        if let rotated = try file.number(key("rope.dimension_count"), in: TransformerLimits.headDimension), rotated != headDimension {
            throw Failure(.unsupported, "GGUF file: a rotation of \(rotated) of a head's \(headDimension) values can't be imported")
        }
        rotaryBase = try file.real(key("rope.freq_base"), in: TransformerLimits.rotaryBase) ?? (gemma ? 1_000_000 : 10_000)
        localRotaryBase = try file.real(key("rope.freq_base_swa"), in: TransformerLimits.rotaryBase) ?? (gemma ? 10_000 : rotaryBase)
        rotaryScale = try Self.rotaryScale(file, key)
        window = try file.number(key("attention.sliding_window"), in: TransformerLimits.window) ?? 0
        pattern = gemma ? try file.number(key("attention.sliding_window_pattern"), in: 0...1024) ?? 6 : 0
        // Only Gemma's 27B model divides by another root than its heads' dimension, and the format has no key for it.
        let divisor = gemma && layers == 62 ? width / heads : headDimension
        attentionScale = try file.real(key("attention.scale"), in: 1e-6...1e3) ?? 1 / Float(divisor).squareRoot()
        attentionSoftCap = try file.real(key("attn_logit_softcapping"), in: TransformerLimits.softCap) ?? 0
        outputSoftCap = try file.real(key("final_logit_softcapping"), in: TransformerLimits.softCap) ?? 0
    }

    private static func rotaryScale(_ file: GGUFFile, _ key: (String) -> String) throws -> Float {
        let kind = try file.text(key("rope.scaling.type")) ?? "linear"
        switch kind {
        case "none": return 1
        // Older files have one key for linear scaling.
        case "linear": return try file.real(key("rope.scaling.factor"), in: TransformerLimits.factor)
            ?? file.real(key("rope.scale_linear"), in: TransformerLimits.factor) ?? 1
        default: throw Failure(.unsupported, "GGUF file: rotary scaling '\(kind.prefix(40))' can't be imported; linear scaling can")
        }
    }
}
