/// Writes small GGUF files by hand, right ones and wrong ones.
struct GGUFBuilder {
    enum Value {
        case uint32(UInt32), float(Float), text(String), flag(Bool), texts([String]), int32s([Int32]), floats([Float])
        /// A type number and what follows it, as they are.
        case raw(UInt32, [UInt8])
    }
    struct Tensor {
        var name: String, shape: [UInt64], type: UInt32, offset: UInt64?
        var bytes: [UInt8]
    }

    var version: UInt32 = 3, alignment = 32
    var metadata: [(String, Value)] = []
    var tensors: [Tensor] = []
    var claimedTensors: UInt64?, claimedEntries: UInt64?

    static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    static func text(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }

    mutating func set(_ key: String, _ value: Value?) {
        metadata.removeAll { $0.0 == key }
        if let value { metadata.append((key, value)) }
    }

    mutating func addFloats(_ name: String, _ shape: [Int]) {
        let count = shape.reduce(1, *)
        tensors.append(Tensor(name: name, shape: shape.map(UInt64.init), type: 0, offset: nil,
                              bytes: (0..<count).flatMap { Self.bytes((Float($0 % 17) * 0.01 + 0.5).bitPattern) }))
    }

    func build() -> [UInt8] {
        var out = Array("GGUF".utf8) + Self.bytes(version) + Self.bytes(claimedTensors ?? UInt64(tensors.count))
            + Self.bytes(claimedEntries ?? UInt64(metadata.count))
        for (key, value) in metadata { out += Self.text(key) + encoded(value) }
        var data: [UInt8] = []
        for tensor in tensors {
            out += Self.text(tensor.name) + Self.bytes(UInt32(tensor.shape.count)) + tensor.shape.flatMap(Self.bytes)
                + Self.bytes(tensor.type) + Self.bytes(tensor.offset ?? UInt64(data.count))
            data += tensor.bytes
            data += [UInt8](repeating: 0, count: (alignment - data.count % alignment) % alignment)
        }
        out += [UInt8](repeating: 0, count: (alignment - out.count % alignment) % alignment)
        return out + data
    }

    private func encoded(_ value: Value) -> [UInt8] {
        switch value {
        case .uint32(let number): Self.bytes(UInt32(4)) + Self.bytes(number)
        case .float(let number): Self.bytes(UInt32(6)) + Self.bytes(number.bitPattern)
        case .flag(let flag): Self.bytes(UInt32(7)) + [flag ? 1 : 0]
        case .text(let text): Self.bytes(UInt32(8)) + Self.text(text)
        case .texts(let texts): Self.bytes(UInt32(9)) + Self.bytes(UInt32(8)) + Self.bytes(UInt64(texts.count)) + texts.flatMap(Self.text)
        case .int32s(let numbers):
            Self.bytes(UInt32(9)) + Self.bytes(UInt32(5)) + Self.bytes(UInt64(numbers.count)) + numbers.flatMap(Self.bytes)
        case .floats(let numbers): Self.bytes(UInt32(9)) + Self.bytes(UInt32(6)) + Self.bytes(UInt64(numbers.count)) + numbers.flatMap {
            Self.bytes($0.bitPattern)
        }
        case .raw(let type, let bytes): Self.bytes(type) + bytes
        }
    }

    /// A whole llama of one layer with four pieces.
    static var tiny: GGUFBuilder {
        var builder = GGUFBuilder()
        builder.metadata = [
            ("general.architecture", .text("llama")), ("llama.block_count", .uint32(1)), ("llama.context_length", .uint32(64)),
            ("llama.embedding_length", .uint32(32)), ("llama.feed_forward_length", .uint32(32)), ("llama.attention.head_count", .uint32(2)),
            ("llama.attention.layer_norm_rms_epsilon", .float(1e-5)), ("tokenizer.ggml.model", .text("gpt2")),
                ("tokenizer.ggml.pre", .text("gpt-2")),
            ("tokenizer.ggml.tokens", .texts(["a", "b", "ab", "<|end|>"])), ("tokenizer.ggml.token_type", .int32s([1, 1, 1, 3])),
            ("tokenizer.ggml.merges", .texts(["a b"])), ("tokenizer.ggml.eos_token_id", .uint32(3)),
        ]
        builder.addFloats("token_embd.weight", [32, 4])
        builder.addFloats("output_norm.weight", [32])
        for norm in ["attn_norm", "ffn_norm"] { builder.addFloats("blk.0.\(norm).weight", [32]) }
        for matrix in ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"] {
            builder.addFloats("blk.0.\(matrix).weight", [32, 32])
        }
        return builder
    }
}
