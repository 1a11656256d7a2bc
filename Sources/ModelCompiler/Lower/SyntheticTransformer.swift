import Kernels
import Platform

/// A llama of any size with random weights, to measure budgets and speed with: what it says means nothing. All matrices
/// are views of one piece of memory, so a model far larger than memory can be made.
public enum SyntheticTransformer {
    /// A model whose weights, 4 bits with scale and minimum, take about so many bytes in all.
    ///
    /// - Throws: `Failure` where the size is not between 16 MB and 64 GB.
    public static func model(weightBytes: Int) throws(Failure) -> TransformerModel {
        guard (16_000_000...64_000_000_000).contains(weightBytes) else { throw Failure(.usage, "a synthetic model takes 16 MB to 64 GB") }
        // Wider models for more bytes, so that the number of layers stays ordinary.
        var width = 256
        while weightBytes > layerBytes(width * 2) * 16 { width *= 2 }
        let vocabulary = 32_000, rest = max(0, weightBytes - bytes(vocabulary, width))
        let layers = max(1, min(1024, rest / layerBytes(width)))
        let pattern = Pattern(bytes: max(bytes(vocabulary, width), bytes(4 * width, width)))
        func matrix(_ rows: Int, _ columns: Int) -> TransformerModel.EncodedMatrix {
            TransformerModel.EncodedMatrix(name: "random", rows: rows, columns: columns, encoding: .q4_1) {
                pattern.view(bytes(rows, columns))
            }
        }
        let ones = [Float](repeating: 1, count: width), keyRows = width / 4
        let layer = TransformerModel.Layer(
            attentionNorm: ones, query: matrix(width, width), key: matrix(keyRows, width), value: matrix(keyRows, width),
                attentionOutput: matrix(width, width),
            feedForwardNorm: ones, gate: matrix(4 * width, width), up: matrix(4 * width, width), down: matrix(width, 4 * width),
                rotaryBase: 10_000)
        let embedding = matrix(vocabulary, width)
        return TransformerModel(
            architecture: .llama, name: "synthetic", licence: "", source: "random numbers", width: width, heads: width / 64,
                keyValueHeads: keyRows / 64, headDimension: 64,
            feedForward: 4 * width, vocabulary: vocabulary, contextLength: 2048, normEpsilon: 1e-5, activation: .silu, rotaryPairs: .halves,
                attentionScale: 0.125,
            embeddingScale: 1, attentionSoftCap: 0, outputSoftCap: 0, embedding: embedding,
                layers: [TransformerModel.Layer](repeating: layer, count: layers),
            outputNorm: ones, output: embedding,
            tokenizer: TokenizerSource(kind: .bytePairs, pieces: [], scores: [], types: [], merges: [], preTokenizer: "gpt-2",
                                       beginToken: nil, endToken: nil, unknownToken: nil,
                                       padToken: nil, endOfTurnTokens: [], addsBeginToken: false, addsEndToken: false,
                                           addsSpacePrefix: false, chatTemplate: ""))
    }

    /// Bytes of a Q4_1 matrix.
    private static func bytes(_ rows: Int, _ columns: Int) -> Int { rows * columns / 32 * 20 }
    private static func layerBytes(_ width: Int) -> Int { bytes(width * 2 + width / 2 + 12 * width, width) }

    /// Random blocks of Q4_1: a small scale, a minimum that centres them, random nibbles.
    private final class Pattern: @unchecked Sendable {  // immutable once made
        private let memory: UnsafeMutableRawBufferPointer

        init(bytes: Int) {
            memory = .allocate(byteCount: bytes, alignment: 16)
            var random = SplitMix64(seed: 1)
            let scale = half(0.004), minimum = half(-0.03)
            for block in stride(from: 0, to: bytes, by: 20) {
                memory.storeBytes(of: scale, toByteOffset: block, as: UInt16.self)
                memory.storeBytes(of: minimum, toByteOffset: block + 2, as: UInt16.self)
                for word in 0..<4 {
                    memory.storeBytes(of: UInt32(truncatingIfNeeded: random.next()), toByteOffset: block + 4 + 4 * word, as: UInt32.self)
                }
            }
        }

        deinit { memory.deallocate() }

        func view(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[0..<count]) }
    }
}
