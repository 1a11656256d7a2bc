import Foundation
import Platform

/// GGUF files of the llama and gemma3 architectures.
enum GGUFImporter {
    static func model(_ file: GGUFFile) throws -> TransformerModel {
        guard let name = try file.text("general.architecture") else {
            throw Failure(.badFormat, "GGUF file: 'general.architecture' is missing")
        }
        guard let architecture = TransformerModel.Architecture(rawValue: name) else {
            throw Failure(.unsupported, "GGUF file: the architecture '\(name.prefix(40))' can't be imported; llama and gemma3 can")
        }
        let sizes = try GGUFSizes(file, architecture: architecture)
        let tensors = GGUFTensors(file)
        let vocabulary = try tensors.rows(of: "token_embd.weight")
        guard TransformerLimits.vocabulary.contains(vocabulary) else {
            throw Failure(.badFormat, "GGUF file: a vocabulary of \(vocabulary) is not believable")
        }
        let embedding = try tensors.matrix("token_embd.weight", rows: vocabulary, columns: sizes.width)
        var layers = try (0..<sizes.layers).map { try layer($0, sizes, tensors, architecture) }
        if architecture == .llama, tensors.has("rope_freqs.weight") {
            let factors = try tensors.vector("rope_freqs.weight", sizes.headDimension / 2)
            guard factors.allSatisfy({ TransformerLimits.factor.contains(Double($0)) }) else {
                throw Failure(.badFormat, "GGUF file: tensor 'rope_freqs.weight' holds factors outside \(TransformerLimits.factor)")
            }
            for index in layers.indices { layers[index].rotaryFactors = factors }
        }
        let norm = try tensors.vector("output_norm.weight", sizes.width)
        let output = tensors.has("output.weight") ? try tensors.matrix("output.weight", rows: vocabulary, columns: sizes.width) : embedding
        try tensors.finish(architecture: name)
        let gemma = architecture == .gemma3
        let model = TransformerModel(
            architecture: architecture, name: try file.text("general.name") ?? "model", licence: try file.text("general.license") ?? "",
            source: try file.text("general.source.url") ?? "GGUF",
            width: sizes.width, heads: sizes.heads, keyValueHeads: sizes.keyValueHeads, headDimension: sizes.headDimension,
                feedForward: sizes.feedForward,
            vocabulary: vocabulary, contextLength: sizes.context, normEpsilon: sizes.epsilon,
            activation: gemma ? .geluTanh : .silu,
            // The converter permutes llama's query and key rows so that pairs are neighbours; gemma's stay halves.
            rotaryPairs: gemma ? .halves : .neighbours,
            attentionScale: sizes.attentionScale, embeddingScale: gemma ? Float(sizes.width).squareRoot() : 1,
            attentionSoftCap: sizes.attentionSoftCap, outputSoftCap: sizes.outputSoftCap,
            embedding: embedding, layers: layers, outputNorm: norm, output: output,
                tokenizer: try GGUFTokenizer.source(file, vocabulary: vocabulary))
        try model.check()
        guard !file.source.isBroken else { throw Failure(.inputOutput, "GGUF file: it could not be read to its end") }
        return model
    }

    private static func layer(_ index: Int, _ sizes: GGUFSizes, _ tensors: GGUFTensors,
                              _ architecture: TransformerModel.Architecture) throws -> TransformerModel.Layer {
        func matrix(_ part: String, _ rows: Int, _ columns: Int) throws -> TransformerModel.EncodedMatrix {
            try tensors.matrix("blk.\(index).\(part).weight", rows: rows, columns: columns)
        }
        func vector(_ part: String, _ count: Int) throws -> [Float] { try tensors.vector("blk.\(index).\(part).weight", count) }
        let queryRows = sizes.heads * sizes.headDimension, keyRows = sizes.keyValueHeads * sizes.headDimension
        let local = sizes.isLocal(index)
        var layer = TransformerModel.Layer(
            attentionNorm: try vector("attn_norm", sizes.width),
            query: try matrix("attn_q", queryRows, sizes.width), key: try matrix("attn_k", keyRows, sizes.width),
            value: try matrix("attn_v", keyRows, sizes.width), attentionOutput: try matrix("attn_output", sizes.width, queryRows),
            feedForwardNorm: try vector("ffn_norm", sizes.width),
            gate: try matrix("ffn_gate", sizes.feedForward, sizes.width), up: try matrix("ffn_up", sizes.feedForward, sizes.width),
            down: try matrix("ffn_down", sizes.width, sizes.feedForward),
            window: local ? sizes.window : 0, rotaryBase: local ? sizes.localRotaryBase : sizes.rotaryBase,
            rotaryScale: local ? 1 : sizes.rotaryScale)
        if architecture == .gemma3 {
            layer.queryNorm = try vector("attn_q_norm", sizes.headDimension)
            layer.keyNorm = try vector("attn_k_norm", sizes.headDimension)
            layer.attentionPostNorm = try vector("post_attention_norm", sizes.width)
            layer.feedForwardPostNorm = try vector("post_ffw_norm", sizes.width)
        }
        return layer
    }
}
