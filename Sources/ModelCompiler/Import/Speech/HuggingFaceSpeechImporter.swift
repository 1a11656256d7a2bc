import Foundation
import Platform

/// Folders in Hugging Face's layout of a WhisperForConditionalGeneration: config.json, tokenizer.json, safetensors, and
/// generation_config.json where there is one.
enum HuggingFaceSpeechImporter {
    private struct Sizes { var width: Int, features: Int, layers: (encoder: Int, decoder: Int) }

    static func model(folder: String) throws -> SpeechModel {
        let json = try JSONFields(path: folder + "/config.json", what: "config.json")
        try refuseVariants(json)
        let width = try json.required("d_model", in: SpeechLimits.width)
        let heads = try json.required("encoder_attention_heads", in: TransformerLimits.heads)
        let features = try json.required("encoder_ffn_dim", in: TransformerLimits.feedForward)
        guard try json.required("decoder_attention_heads", in: TransformerLimits.heads) == heads,
              try json.required("decoder_ffn_dim", in: TransformerLimits.feedForward) == features else {
            throw Failure(.unsupported, "config.json: encoder and decoder differ in heads or features")
        }
        let melBins = try json.required("num_mel_bins", in: SpeechLimits.melBins)
        let frames = try json.required("max_source_positions", in: SpeechLimits.frames)
        let context = try json.required("max_target_positions", in: SpeechLimits.context)
        let vocabulary = try json.required("vocab_size", in: TransformerLimits.vocabulary)
        let sizes = Sizes(width: width, features: features,
                          layers: (try json.required("encoder_layers", in: SpeechLimits.layers),
                                   try json.required("decoder_layers", in: SpeechLimits.layers)))
        let tensors = try SafetensorsTensors(folder: folder)
        let embedding = try tensors.matrix("model.decoder.embed_tokens.weight", rows: vocabulary, columns: width)
        // A file may carry the tied head all the same.
        if tensors.has("proj_out.weight") { _ = try tensors.matrix("proj_out.weight", rows: vocabulary, columns: width) }
        let generation = try generation(folder, json)
        let end = try json.number("eos_token_id", in: TransformerLimits.vocabularyIDs)
        let model = SpeechModel(
            name: URL(fileURLWithPath: folder).lastPathComponent, source: "safetensors", melBins: melBins, width: width, heads: heads,
            feedForward: features, vocabulary: vocabulary, frames: frames, context: context,
            convolutions: [try tensors.convolution("model.encoder.conv1", outputs: width, inputs: melBins),
                           try tensors.convolution("model.encoder.conv2", outputs: width, inputs: width)],
            encoderPositions: try tensors.floats("model.encoder.embed_positions.weight", shape: [frames, width]),
            decoderPositions: try tensors.floats("model.decoder.embed_positions.weight", shape: [context, width]),
            encoder: try (0..<sizes.layers.encoder).map { try layer(tensors, "model.encoder.layers.\($0).", sizes, isDecoder: false) },
            decoder: try (0..<sizes.layers.decoder).map { try layer(tensors, "model.decoder.layers.\($0).", sizes, isDecoder: true) },
            encoderNorm: try norm(tensors, "model.encoder.layer_norm", width),
            decoderNorm: try norm(tensors, "model.decoder.layer_norm", width),
            embedding: embedding,
            tokenizer: try HuggingFaceTokenizer.source(folder: folder, TokenizerFacts(vocabulary: vocabulary,
                                                                                      endTokens: end.map { [$0] } ?? [])),
            suppressed: try generation.tokens("suppress_tokens"),
            suppressedAtBegin: try generation.tokens("begin_suppress_tokens"))
        try tensors.finish(architecture: "whisper")
        try model.check()
        return model
    }

    /// What is suppressed stands in a file of its own, in older folders in config.json.
    private static func generation(_ folder: String, _ json: JSONFields) throws -> JSONFields {
        let path = folder + "/generation_config.json"
        return File.exists(path) ? try JSONFields(path: path, what: "generation_config.json") : json
    }

    private static func refuseVariants(_ json: JSONFields) throws {
        guard try json.text("activation_function") ?? "gelu" == "gelu" else {
            throw Failure(.unsupported, "config.json: an activation other than gelu can't be imported in a whisper model")
        }
        guard try json.flag("scale_embedding") != true, try json.flag("tie_word_embeddings") != false else {
            throw Failure(.unsupported, "config.json: scaled embeddings, or a head that isn't the embedding, can't be imported")
        }
    }

    private static func layer(_ tensors: SafetensorsTensors, _ prefix: String, _ sizes: Sizes, isDecoder: Bool) throws
        -> SpeechModel.Layer {
        let width = sizes.width
        /// Query, key and value, as far as named; keys have no bias.
        func joined(_ attention: String, _ parts: [String]) throws -> SpeechModel.Projection {
            var result = SpeechModel.Projection(matrices: [], bias: [])
            for part in parts {
                let name = "\(prefix)\(attention).\(part)_proj"
                result.matrices.append(try tensors.matrix(name + ".weight", rows: width, columns: width))
                result.bias += part == "k" ? [Float](repeating: 0, count: width) : try tensors.floats(name + ".bias", shape: [width])
            }
            return result
        }
        func norm(_ name: String) throws -> SpeechModel.Norm { try Self.norm(tensors, prefix + name, width) }
        return SpeechModel.Layer(
            attention: SpeechModel.Attention(norm: try norm("self_attn_layer_norm"), input: try joined("self_attn", ["q", "k", "v"]),
                                             output: try joined("self_attn", ["out"])),
            crossAttention: !isDecoder ? nil
                : SpeechModel.Attention(norm: try norm("encoder_attn_layer_norm"), input: try joined("encoder_attn", ["q"]),
                                        memory: try joined("encoder_attn", ["k", "v"]), output: try joined("encoder_attn", ["out"])),
            norm: try norm("final_layer_norm"), up: try tensors.projection(prefix + "fc1", rows: sizes.features, columns: width),
            down: try tensors.projection(prefix + "fc2", rows: width, columns: sizes.features))
    }

    private static func norm(_ tensors: SafetensorsTensors, _ name: String, _ width: Int) throws -> SpeechModel.Norm {
        SpeechModel.Norm(weights: try tensors.floats(name + ".weight", shape: [width]),
                         biases: try tensors.floats(name + ".bias", shape: [width]))
    }
}

extension SafetensorsTensors: SpeechTensors {
    var separator: String { "." }
}
