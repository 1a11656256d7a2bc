import Foundation
@testable import ModelCompiler
import Platform

/// The small Whisper of goldens/speech.py: its tensors follow from their names.
struct SmallSpeech {
    static let width = 64, heads = 2, features = 128, bins = 16, positions = 24, context = 16, vocabulary = 96, layers = 2

    struct Tensor {
        var shape: [Int], values: [Float]
    }

    private(set) var tensors: [(name: String, tensor: Tensor)] = []

    subscript(name: String) -> Tensor { tensors.first { $0.name == name }!.tensor }

    /// Numbers in [-1, 1) from SplitMix64, whose seed is the name's FNV-1a hash.
    static func numbers(_ name: String, _ count: Int) -> [Double] {
        var seed: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in Double(random.next() >> 40) / Double(1 << 23) - 1 }
    }

    init() {
        let width = Self.width
        convolution("encoder/conv1", inputs: Self.bins)
        convolution("encoder/conv2", inputs: width)
        matrix("encoder/position_encodings/encodings", Self.positions, width)
        matrix("decoder/position_encodings/encodings", Self.context, width)
        matrix("decoder/embeddings/weight", Self.vocabulary, width, step: 1.0 / 128)
        for side in ["encoder", "decoder"] {
            for layer in 0..<Self.layers { addLayer("\(side)/layer_\(layer)/", isDecoder: side == "decoder") }
            norm(side + "/layer_norm")
        }
    }

    private mutating func addLayer(_ prefix: String, isDecoder: Bool) {
        let width = Self.width
        norm(prefix + "self_attention/layer_norm")
        linear(prefix + "self_attention/linear_0", 3 * width, width)
        linear(prefix + "self_attention/linear_1", width, width)
        if isDecoder {
            norm(prefix + "attention/layer_norm")
            linear(prefix + "attention/linear_0", width, width)
            linear(prefix + "attention/linear_1", 2 * width, width)
            linear(prefix + "attention/linear_2", width, width)
        }
        norm(prefix + "ffn/layer_norm")
        linear(prefix + "ffn/linear_0", Self.features, width)
        linear(prefix + "ffn/linear_1", width, Self.features)
    }

    /// Whole numbers of 8 bits times `step`; where `isGreatest`, 127 of them.
    private mutating func whole(_ name: String, _ shape: [Int], _ step: Double, isGreatest: (Int) -> Bool) {
        let values = Self.numbers(name, shape.reduce(1, *)).enumerated().map { index, number in
            let value = (number * 127 + 0.5).rounded(.down)
            return Float((isGreatest(index) ? (value >= 0 ? 127 : -127) : value) * step)
        }
        tensors.append((name, Tensor(shape: shape, values: values)))
    }

    private mutating func matrix(_ name: String, _ rows: Int, _ columns: Int, step: Double = 1.0 / 512) {
        whole(name, [rows, columns], step) { $0 % columns % 32 == 0 }
    }

    private mutating func convolution(_ name: String, inputs: Int) {
        whole(name + "/weight", [Self.width, inputs, 3], 1.0 / 512) { $0 / 3 % inputs % min(32, inputs) == 0 }
        bias(name + "/bias", Self.width)
    }

    private mutating func bias(_ name: String, _ count: Int) {
        tensors.append((name, Tensor(shape: [count], values: Self.numbers(name, count).map { Float($0 * 0.25) })))
    }

    private mutating func linear(_ name: String, _ rows: Int, _ columns: Int) {
        matrix(name + "/weight", rows, columns)
        bias(name + "/bias", rows)
    }

    private mutating func norm(_ name: String) {
        let gamma = Self.numbers(name + "/gamma", Self.width).map { Float(1 + $0 * 0.25) }
        tensors.append((name + "/gamma", Tensor(shape: [Self.width], values: gamma)))
        bias(name + "/beta", Self.width)
    }

    mutating func clearKeyBiases() {
        for index in tensors.indices {
            let name = tensors[index].name
            let first = name.hasSuffix("self_attention/linear_0/bias") ? Self.width : name.hasSuffix("/attention/linear_1/bias") ? 0 : nil
            guard let first else { continue }
            for key in first..<first + Self.width { tensors[index].tensor.values[key] = 0 }
        }
    }

    // MARK: files

    /// model.bin of CTranslate2, version 6.
    func ctranslate2() -> [UInt8] {
        func number<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        func text(_ text: String) -> [UInt8] { number(UInt16(text.utf8.count + 1)) + Array(text.utf8) + [0] }
        var alone: [(String, UInt8, [UInt8])] = ["encoder", "decoder"].map { ("\($0)/num_heads", 2, number(Int16(Self.heads))) }
        alone += [("decoder/activation", 1, [3]), ("decoder/pre_norm", 1, [1]), ("decoder/alibi", 1, [0])]
        var bytes = number(UInt32(6)) + text("WhisperSpec") + number(UInt32(3)) + number(UInt32(tensors.count + alone.count))
        for (name, tensor) in tensors {
            bytes += text(name) + [UInt8(tensor.shape.count)]
            for size in tensor.shape { bytes += number(UInt32(size)) }
            bytes += [0] + number(UInt32(4 * tensor.values.count)) + tensor.values.littleEndianBytes
        }
        for (name, type, data) in alone { bytes += text(name) + [0, type] + number(UInt32(data.count)) + data }
        return bytes + number(UInt32(1)) + text("decoder/projection/weight") + text("decoder/embeddings/weight")
    }

    /// The tensors as Hugging Face's folders name them.
    func safetensors() -> [UInt8] {
        var parts: [(name: String, shape: [Int], values: [Float])] = []
        for (name, tensor) in tensors { parts += HuggingFaceNames.parts(name, tensor) }
        var header: [String: Any] = [:], at = 0
        for part in parts {
            header[part.name] = ["dtype": "F32", "shape": part.shape, "data_offsets": [at, at + 4 * part.values.count]]
            at += 4 * part.values.count
        }
        let json = try! JSONSerialization.data(withJSONObject: header, options: .sortedKeys)
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + Array(json)
            + parts.flatMap { $0.values.littleEndianBytes }
    }

    /// A folder in a place of its own; the caller removes it.
    func folder(huggingFace: Bool = false) throws -> String {
        let folder = NSTemporaryDirectory() + "speech-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name)) }
        func write(_ name: String, json: [String: Any]) throws { try write(name, Array(JSONSerialization.data(withJSONObject: json))) }
        try write("tokenizer.json", json: Self.tokenizer)
        if huggingFace {
            try write("model.safetensors", safetensors())
            try write("config.json", json: [
                "model_type": "whisper", "d_model": Self.width, "encoder_attention_heads": Self.heads,
                "decoder_attention_heads": Self.heads,
                "encoder_ffn_dim": Self.features, "decoder_ffn_dim": Self.features, "num_mel_bins": Self.bins,
                "max_source_positions": Self.positions, "max_target_positions": Self.context, "vocab_size": Self.vocabulary,
                "encoder_layers": Self.layers, "decoder_layers": Self.layers, "eos_token_id": 92])
            try write("generation_config.json", json: ["suppress_tokens": [1, 2], "begin_suppress_tokens": [7]])
        } else {
            try write("model.bin", ctranslate2())
            try write("config.json", json: ["suppress_ids": [1, 2], "suppress_ids_begin": [7]])
        }
        return folder
    }

    static var tokenizer: [String: Any] {
        let texts = (33..<33 + 92).map { String(UnicodeScalar(UInt8($0))) }
        let specials = ["<|endoftext|>", "<|startoftranscript|>", "<|zh|>", "<|transcribe|>"]
        let vocabulary = Dictionary(uniqueKeysWithValues: texts.enumerated().map { ($1, $0) })
        return ["model": ["type": "BPE", "vocab": vocabulary, "merges": [String]()] as [String: Any],
                "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true] as [String: Any],
                "added_tokens": specials.enumerated().map { ["id": 92 + $0, "content": $1, "special": true] as [String: Any] }]
    }
}

/// CTranslate2's names as Hugging Face spells them; joined projections come apart.
private enum HuggingFaceNames {
    static func parts(_ name: String, _ tensor: SmallSpeech.Tensor) -> [(name: String, shape: [Int], values: [Float])] {
        var words = name.split(separator: "/").map(String.init)
        let last = ["gamma": "weight", "beta": "bias", "encodings": "weight"][words.last!] ?? words.last!
        words.removeLast()
        if words.count == 3 || words.count == 4 { return layer(words, last, tensor) }
        let own = ["position_encodings": "embed_positions", "embeddings": "embed_tokens"][words[1]] ?? words[1]
        return [("model.\(words[0]).\(own).\(last)", tensor.shape, tensor.values)]
    }

    private static func layer(_ words: [String], _ last: String, _ tensor: SmallSpeech.Tensor)
        -> [(name: String, shape: [Int], values: [Float])] {
        let prefix = "model.\(words[0]).layers.\(words[1].dropFirst(6))."
        let kind = words[2], part = words[3]
        let names: [String]
        switch (kind, part) {
        case ("self_attention", "layer_norm"): names = ["self_attn_layer_norm"]
        case ("self_attention", "linear_0"): names = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]
        case ("self_attention", _): names = ["self_attn.out_proj"]
        case ("attention", "layer_norm"): names = ["encoder_attn_layer_norm"]
        case ("attention", "linear_0"): names = ["encoder_attn.q_proj"]
        case ("attention", "linear_1"): names = ["encoder_attn.k_proj", "encoder_attn.v_proj"]
        case ("attention", _): names = ["encoder_attn.out_proj"]
        case (_, "layer_norm"): names = ["final_layer_norm"]
        default: names = [part == "linear_0" ? "fc1" : "fc2"]
        }
        let rows = tensor.shape[0] / names.count, count = tensor.values.count / names.count
        return names.enumerated().compactMap { index, own in
            // Keys have no bias there.
            if own.hasSuffix("k_proj"), last == "bias" { return nil }
            return (prefix + own + "." + last, [rows] + tensor.shape.dropFirst(), Array(tensor.values[index * count..<(index + 1) * count]))
        }
    }
}
