import Foundation
import Platform

/// config.json of a folder in Hugging Face's layout, each value inside believable bounds.
struct HuggingFaceConfiguration {
    let architecture: TransformerModel.Architecture
    let layers: Int, width: Int, heads: Int, keyValueHeads: Int, headDimension: Int, feedForward: Int, context: Int, vocabulary: Int
    let epsilon: Float, attentionScale: Float, attentionSoftCap: Float, outputSoftCap: Float
    let tiesEmbeddings: Bool
    let window: Int
    private let rotary: Rotary, localRotary: Rotary
    private let slides: [Bool]
    let beginToken: Int?, padToken: Int?, endTokens: [Int]

    private struct Rotary { var base: Float, scale: Float, factors: [Float] = [] }

    func window(_ layer: Int) -> Int { slides[layer] ? window : 0 }
    func rotaryBase(_ layer: Int) -> Float { slides[layer] ? localRotary.base : rotary.base }
    func rotaryFactors(_ layer: Int) -> [Float] { slides[layer] ? localRotary.factors : rotary.factors }
    func rotaryScale(_ layer: Int) -> Float { slides[layer] ? localRotary.scale : rotary.scale }

    init(_ json: JSONFields) throws {
        let type = try json.text("model_type") ?? ""
        let architectures: [String: TransformerModel.Architecture] = ["llama": .llama, "gemma3_text": .gemma3]
        guard let architecture = architectures[type] else {
            throw Failure(.unsupported, "config.json: the model type '\(type.prefix(40))' can't be imported; llama and gemma3_text can")
        }
        self.architecture = architecture
        let gemma = architecture == .gemma3
        try Self.refuseVariants(json)
        layers = try json.required("num_hidden_layers", in: TransformerLimits.layers)
        width = try json.required("hidden_size", in: TransformerLimits.width)
        heads = try json.required("num_attention_heads", in: TransformerLimits.heads)
        keyValueHeads = try json.number("num_key_value_heads", in: TransformerLimits.heads) ?? heads
        feedForward = try json.required("intermediate_size", in: TransformerLimits.feedForward)
        vocabulary = try json.required("vocab_size", in: TransformerLimits.vocabulary)
        context = try json.required("max_position_embeddings", in: TransformerLimits.context)
        epsilon = try json.real("rms_norm_eps", in: TransformerLimits.epsilon) ?? 1e-6
        let ownDimension = try json.number("head_dim", in: TransformerLimits.headDimension)
        guard ownDimension != nil || gemma || width % heads == 0 else {
            throw Failure(.badFormat, "config.json: \(heads) heads don't divide the width \(width)")
        }
        headDimension = ownDimension ?? (gemma ? 256 : width / heads)
        guard TransformerLimits.headDimension.contains(headDimension), heads % keyValueHeads == 0 else {
            throw Failure(.badFormat,
                          "config.json: \(heads) heads of \(headDimension) values with \(keyValueHeads) for keys and values are impossible")
        }
        let activation = try json.text(gemma ? "hidden_activation" : "hidden_act") ?? (gemma ? "gelu_pytorch_tanh" : "silu")
        guard activation == (gemma ? "gelu_pytorch_tanh" : "silu") else {
            throw Failure(.unsupported, "config.json: the activation '\(activation.prefix(40))' can't be imported in a \(type) model")
        }
        attentionScale = 1 / (gemma ? try json.real("query_pre_attn_scalar", in: 1e-3...1e6) ?? 256 : Float(headDimension)).squareRoot()
        attentionSoftCap = try json.real("attn_logit_softcapping", in: TransformerLimits.softCap) ?? 0
        outputSoftCap = try json.real("final_logit_softcapping", in: TransformerLimits.softCap) ?? 0
        tiesEmbeddings = try json.flag("tie_word_embeddings") ?? gemma
        window = gemma ? try json.number("sliding_window", in: TransformerLimits.window) ?? 0 : 0
        slides = try Self.slides(json, layers: layers, gemma: gemma)
        (rotary, localRotary) = try Self.rotaries(json, dimension: headDimension, gemma: gemma)
        beginToken = try json.number("bos_token_id", in: TransformerLimits.vocabularyIDs)
        padToken = try json.number("pad_token_id", in: TransformerLimits.vocabularyIDs)
        if let list = json.fields["eos_token_id"] as? [Any] {
            endTokens = list.compactMap { wholeNumber($0, in: TransformerLimits.vocabularyIDs) }
        } else {
            endTokens = try json.number("eos_token_id", in: TransformerLimits.vocabularyIDs).map { [$0] } ?? []
        }
    }

    /// Settings of relatives of these models, which change what is computed: each with the value that changes nothing.
    private static let neutral: [String: Double] = [
        "partial_rotary_factor": 1, "rotary_pct": 1, "embedding_multiplier": 1, "residual_multiplier": 1, "logits_scaling": 1,
            "logit_scale": 1,
        "use_bidirectional_attention": 0, "is_encoder_decoder": 0, "add_cross_attention": 0, "use_qk_norm": 0, "alibi": 0,
            "parallel_residual": 0,
        "num_local_experts": 0, "num_experts": 0, "attention_bias": 0, "mlp_bias": 0,
    ]

    private static func refuseVariants(_ json: JSONFields, in place: String = "") throws {
        for (key, value) in neutral.sorted(by: { $0.key < $1.key }) {
            guard let found = json.fields[key], !(found is NSNull) else { continue }
            guard jsonNumber(found) == value else {
                throw Failure(.unsupported, "config.json: \(place)'\(key)' (\("\(found)".prefix(40))) can't be imported")
            }
        }
        for key in ["rope_parameters", "rope_scaling", "full_attention", "sliding_attention"] {
            if let inner = json.fields[key] as? [String: Any] {
                try refuseVariants(JSONFields(inner, what: json.what), in: "\(place)\(key): ")
            }
        }
        // Llama itself has no window; a folder that sets one means another model.
        if try json.text("model_type") == "llama", let window = json.fields["sliding_window"], !(window is NSNull) {
            throw Failure(.unsupported, "config.json: 'sliding_window' can't be imported in a llama model")
        }
    }

    private static func slides(_ json: JSONFields, layers: Int, gemma: Bool) throws -> [Bool] {
        guard gemma else { return [Bool](repeating: false, count: layers) }
        if let types = try json.list("layer_types") {
            guard types.count == layers else { throw Failure(.badFormat, "config.json: \(types.count) layer types for \(layers) layers") }
            return try types.map {
                switch $0 as? String {
                case "sliding_attention": true
                case "full_attention": false
                default:
                    throw Failure(.unsupported,
                                  "config.json: a layer type other than sliding_attention and full_attention can't be imported")
                }
            }
        }
        let pattern = try json.number("sliding_window_pattern", in: 1...1024) ?? 6
        return (0..<layers).map { $0 % pattern < pattern - 1 }
    }

    private static func rotaries(_ json: JSONFields, dimension: Int, gemma: Bool) throws -> (Rotary, Rotary) {
        if let parameters = try json.object("rope_parameters") {
            if let full = try parameters.object("full_attention"), let local = try parameters.object("sliding_attention") {
                return (try rotary(full, base: try full.real("rope_theta", in: TransformerLimits.rotaryBase), dimension),
                        try rotary(local, base: try local.real("rope_theta", in: TransformerLimits.rotaryBase), dimension))
            }
            let one = try rotary(parameters, base: try parameters.real("rope_theta", in: TransformerLimits.rotaryBase), dimension)
            return (one, one)
        }
        let base = try json.real("rope_theta", in: TransformerLimits.rotaryBase) ?? (gemma ? 1_000_000 : 10_000)
        let global = try rotary(json.object("rope_scaling"), base: base, dimension)
        return (global, gemma ? Rotary(base: try json.real("rope_local_base_freq", in: TransformerLimits.rotaryBase) ?? 10_000, scale: 1)
                : global)
    }

    private static func rotary(_ scaling: JSONFields?, base: Float?, _ dimension: Int) throws -> Rotary {
        guard let base else { throw Failure(.badFormat, "config.json: 'rope_theta' is missing") }
        guard let scaling else { return Rotary(base: base, scale: 1) }
        let kind = try scaling.text("rope_type") ?? scaling.text("type") ?? "default"
        switch kind {
        case "default": return Rotary(base: base, scale: 1)
        case "linear": return Rotary(base: base, scale: try scaling.real("factor", in: TransformerLimits.factor) ?? 1)
        case "llama3": return Rotary(base: base, scale: 1, factors: try factors(scaling, base: base, dimension))
        default:
            throw Failure(.unsupported, "config.json: rotary scaling '\(kind.prefix(40))' can't be imported; linear and llama3 scaling can")
        }
    }

    /// Llama 3.1's: wavelengths that don't fit the original context are stretched by `factor`, those that fit it many
    /// times stay, and between the two it changes linearly with how often they fit.
    private static func factors(_ scaling: JSONFields, base: Float, _ dimension: Int) throws -> [Float] {
        guard let factor = try scaling.real("factor", in: TransformerLimits.factor),
              let low = try scaling.real("low_freq_factor", in: TransformerLimits.factor),
              let high = try scaling.real("high_freq_factor", in: TransformerLimits.factor),
              let context = try scaling.number("original_max_position_embeddings", in: TransformerLimits.context), low < high else {
            throw Failure(.badFormat,
                "config.json: llama3 scaling needs 'factor', 'low_freq_factor' below 'high_freq_factor', and "
                    + "'original_max_position_embeddings'")
        }
        return (0..<dimension / 2).map { pair in
            let wavelength = 2 * Double.pi * pow(Double(base), 2 * Double(pair) / Double(dimension))
            let kept = min(1, max(0, (Double(context) / wavelength - Double(low)) / Double(high - low)))
            return Float(1 / ((1 - kept) / Double(factor) + kept))
        }
    }
}
