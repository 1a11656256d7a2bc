import Foundation
import Platform

/// Folders in Hugging Face's layout: config.json, tokenizer.json and safetensors of llama and gemma3 models.
enum HuggingFaceImporter {
    static func model(folder: String) throws -> TransformerModel {
        let json = try JSONFields(path: folder + "/config.json", what: "config.json")
        let sizes = try HuggingFaceConfiguration(json)
        let tensors = try SafetensorsTensors(folder: folder)
        let gemma = sizes.architecture == .gemma3
        // Gemma's files keep norm weights less one.
        let offset: Float = gemma ? 1 : 0
        let embedding = try tensors.matrix("model.embed_tokens.weight", rows: sizes.vocabulary, columns: sizes.width)
        let layers = try (0..<sizes.layers).map { try layer($0, sizes, tensors, offset: offset) }
        let norm = try tensors.vector("model.norm.weight", sizes.width, offset: offset)
        // A tied file may carry the head all the same.
        let output = sizes.tiesEmbeddings && !tensors.has("lm_head.weight") ? embedding
            : try tensors.matrix("lm_head.weight", rows: sizes.vocabulary, columns: sizes.width)
        try tensors.finish(architecture: sizes.architecture.rawValue)
        let model = TransformerModel(
            architecture: sizes.architecture, name: URL(fileURLWithPath: folder).lastPathComponent, licence: "", source: "safetensors",
            width: sizes.width, heads: sizes.heads, keyValueHeads: sizes.keyValueHeads, headDimension: sizes.headDimension,
                feedForward: sizes.feedForward,
            vocabulary: sizes.vocabulary, contextLength: sizes.context, normEpsilon: sizes.epsilon,
            activation: gemma ? .geluTanh : .silu, rotaryPairs: .halves,
            attentionScale: sizes.attentionScale, embeddingScale: gemma ? Float(sizes.width).squareRoot() : 1,
            attentionSoftCap: sizes.attentionSoftCap, outputSoftCap: sizes.outputSoftCap,
            embedding: embedding, layers: layers, outputNorm: norm, output: sizes.tiesEmbeddings ? embedding : output,
            tokenizer: try HuggingFaceTokenizer.source(folder: folder, TokenizerFacts(
                vocabulary: sizes.vocabulary, beginToken: sizes.beginToken, padToken: sizes.padToken, endTokens: sizes.endTokens)))
        try model.check()
        return model
    }

    private static func layer(_ index: Int, _ sizes: HuggingFaceConfiguration, _ tensors: SafetensorsTensors, offset: Float) throws
        -> TransformerModel.Layer {
        func matrix(_ part: String, _ rows: Int, _ columns: Int) throws -> TransformerModel.EncodedMatrix {
            try tensors.matrix("model.layers.\(index).\(part).weight", rows: rows, columns: columns)
        }
        func vector(_ part: String, _ count: Int) throws -> [Float] {
            try tensors.vector("model.layers.\(index).\(part).weight", count, offset: offset)
        }
        let queryRows = sizes.heads * sizes.headDimension, keyRows = sizes.keyValueHeads * sizes.headDimension
        let gemma = sizes.architecture == .gemma3
        var layer = TransformerModel.Layer(
            attentionNorm: try vector("input_layernorm", sizes.width),
            query: try matrix("self_attn.q_proj", queryRows, sizes.width), key: try matrix("self_attn.k_proj", keyRows, sizes.width),
            value: try matrix("self_attn.v_proj", keyRows, sizes.width),
                attentionOutput: try matrix("self_attn.o_proj", sizes.width, queryRows),
            feedForwardNorm: try vector(gemma ? "pre_feedforward_layernorm" : "post_attention_layernorm", sizes.width),
            gate: try matrix("mlp.gate_proj", sizes.feedForward, sizes.width),
                up: try matrix("mlp.up_proj", sizes.feedForward, sizes.width),
            down: try matrix("mlp.down_proj", sizes.width, sizes.feedForward),
            window: sizes.window(index), rotaryBase: sizes.rotaryBase(index), rotaryScale: sizes.rotaryScale(index),
                rotaryFactors: sizes.rotaryFactors(index))
        if gemma {
            layer.queryNorm = try vector("self_attn.q_norm", sizes.headDimension)
            layer.keyNorm = try vector("self_attn.k_norm", sizes.headDimension)
            layer.attentionPostNorm = try vector("post_attention_layernorm", sizes.width)
            layer.feedForwardPostNorm = try vector("post_feedforward_layernorm", sizes.width)
        }
        return layer
    }
}
