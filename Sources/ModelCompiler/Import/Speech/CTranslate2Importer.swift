import Foundation
import Platform

/// Folders of CTranslate2: model.bin, config.json and tokenizer.json of a Whisper.
enum CTranslate2Importer {
    static func model(folder: String) throws -> SpeechModel {
        let file = try CTranslate2File(SourceBytes(path: folder + "/model.bin"))
        guard file.specification == "WhisperSpec" else {
            throw Failure(.unsupported, "model.bin: a '\(file.specification.prefix(40))' can't be imported; a WhisperSpec can")
        }
        let configuration = try JSONFields(path: folder + "/config.json", what: "config.json")
        var model = try tensors(file, name: URL(fileURLWithPath: folder).lastPathComponent)
        model.tokenizer = try HuggingFaceTokenizer.source(folder: folder, TokenizerFacts(vocabulary: model.vocabulary))
        model.suppressed = try configuration.tokens("suppress_ids")
        model.suppressedAtBegin = try configuration.tokens("suppress_ids_begin")
        try model.check()
        return model
    }

    private static func tensors(_ file: CTranslate2File, name: String) throws -> SpeechModel {
        let width = try file.dimension(0, of: "encoder/conv1/weight", in: SpeechLimits.width)
        let melBins = try file.dimension(1, of: "encoder/conv1/weight", in: SpeechLimits.melBins)
        let frames = try file.dimension(0, of: "encoder/position_encodings/encodings", in: SpeechLimits.frames)
        let context = try file.dimension(0, of: "decoder/position_encodings/encodings", in: SpeechLimits.context)
        let vocabulary = try file.dimension(0, of: "decoder/embeddings/weight", in: TransformerLimits.vocabulary)
        let features = try file.dimension(0, of: "encoder/layer_0/ffn/linear_0/weight", in: TransformerLimits.feedForward)
        guard let heads = file.number("encoder/num_heads"), file.number("decoder/num_heads") == heads else {
            throw Failure(.unsupported, "model.bin: encoder and decoder don't say that they have the same number of heads")
        }
        try refuseVariants(file)
        let embedding = try file.matrix("decoder/embeddings/weight", rows: vocabulary, columns: width)
        let head = try file.matrix("decoder/projection/weight", rows: vocabulary, columns: width)
        guard head.bytes().baseAddress == embedding.bytes().baseAddress else {
            throw Failure(.unsupported, "model.bin: the head isn't the embedding")
        }
        let sizes = Sizes(width: width, features: features)
        let model = SpeechModel(
            name: name, source: "CTranslate2", melBins: melBins, width: width, heads: heads, feedForward: features,
            vocabulary: vocabulary, frames: frames, context: context,
            convolutions: [try file.convolution("encoder/conv1", outputs: width, inputs: melBins),
                           try file.convolution("encoder/conv2", outputs: width, inputs: width)],
            encoderPositions: try file.floats("encoder/position_encodings/encodings", shape: [frames, width]),
            decoderPositions: try file.floats("decoder/position_encodings/encodings", shape: [context, width]),
            encoder: try layers(file, "encoder", sizes), decoder: try layers(file, "decoder", sizes),
            encoderNorm: try norm(file, "encoder/layer_norm", width), decoderNorm: try norm(file, "decoder/layer_norm", width),
            embedding: embedding, tokenizer: TokenizerSource(empty: .bytePairs), suppressed: [], suppressedAtBegin: [])
        try file.finish()
        return model
    }

    private struct Sizes { var width: Int, features: Int }

    /// Numbers with the values that a Whisper has; another would compute something else.
    private static func refuseVariants(_ file: CTranslate2File) throws {
        for side in ["encoder", "decoder"] {
            for (key, value) in [("activation", 3), ("alibi", 0), ("pre_norm", 1), ("scale_embeddings", 0),
                                 ("start_from_zero_embedding", 0)] {
                guard let found = file.number("\(side)/\(key)") else { continue }
                guard found == value else { throw Failure(.unsupported, "model.bin: '\(side)/\(key)' of \(found) can't be imported") }
            }
        }
    }

    private static func layers(_ file: CTranslate2File, _ side: String, _ sizes: Sizes) throws -> [SpeechModel.Layer] {
        var count = 0
        while file.shape("\(side)/layer_\(count)/ffn/linear_0/weight") != nil { count += 1 }
        guard SpeechLimits.layers.contains(count) else { throw Failure(.badFormat, "model.bin: \(side) of \(count) layers") }
        return try (0..<count).map { try layer(file, "\(side)/layer_\($0)/", sizes, isDecoder: side == "decoder") }
    }

    private static func layer(_ file: CTranslate2File, _ prefix: String, _ sizes: Sizes, isDecoder: Bool) throws -> SpeechModel.Layer {
        let width = sizes.width
        func projection(_ name: String, _ rows: Int, _ columns: Int) throws -> SpeechModel.Projection {
            try file.projection(prefix + name, rows: rows, columns: columns)
        }
        func norm(_ name: String) throws -> SpeechModel.Norm { try Self.norm(file, prefix + name + "/layer_norm", width) }
        return SpeechModel.Layer(
            attention: SpeechModel.Attention(norm: try norm("self_attention"),
                                             input: try projection("self_attention/linear_0", 3 * width, width),
                                             output: try projection("self_attention/linear_1", width, width)),
            crossAttention: !isDecoder ? nil
                : SpeechModel.Attention(norm: try norm("attention"), input: try projection("attention/linear_0", width, width),
                                        memory: try projection("attention/linear_1", 2 * width, width),
                                        output: try projection("attention/linear_2", width, width)),
            norm: try norm("ffn"), up: try projection("ffn/linear_0", sizes.features, width),
            down: try projection("ffn/linear_1", width, sizes.features))
    }

    private static func norm(_ file: CTranslate2File, _ name: String, _ width: Int) throws -> SpeechModel.Norm {
        SpeechModel.Norm(weights: try file.floats(name + "/gamma", shape: [width]), biases: try file.floats(name + "/beta", shape: [width]))
    }
}
