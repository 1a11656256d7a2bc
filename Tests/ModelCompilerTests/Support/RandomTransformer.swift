import Foundation
import Kernels
@testable import ModelCompiler

/// A matrix whose real values are known by construction, encoded as a file has it.
struct KnownMatrix {
    let rows: Int, columns: Int
    var values: [Double] = []
    private var bytes: [UInt8] = []
    let encoding: TransformerModel.Encoding

    init(_ rows: Int, _ columns: Int, _ encoding: TransformerModel.Encoding, _ numbers: inout Numbers, scale: Float = 0.1) {
        self.rows = rows
        self.columns = columns
        self.encoding = encoding
        for _ in 0..<rows * columns / encoding.blockElements { appendBlock(&numbers, scale / Float(columns).squareRoot() * 10) }
    }

    private static func byte(_ numbers: inout Numbers) -> UInt8 { UInt8((numbers.next() + 1) / 2 * 255.99) }

    private mutating func append(half value: Float) -> Double {
        let bits = half(value)
        bytes += [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
        return Double(float(half: bits))
    }

    /// Layouts of ggml's blocks, written out from their description.
    private mutating func appendBlock(_ numbers: inout Numbers, _ size: Float) {
        func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in KnownMatrix.byte(&numbers) } }
        switch encoding {
        case .f32:
            let value = numbers.next() * size
            values.append(Double(value))
            bytes += withUnsafeBytes(of: value) { [UInt8]($0) }
        case .f16: values.append(append(half: numbers.next() * size))
        case .bf16:
            let bits = UInt16(truncatingIfNeeded: (numbers.next() * size).bitPattern >> 16)
            values.append(Double(Float(bitPattern: UInt32(bits) << 16)))
            bytes += [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
        case .q8_0:
            let d = append(half: size / 127), q = random(32)
            bytes += q
            values += q.map { d * Double(Int8(bitPattern: $0)) }
        case .q4_0:
            let d = append(half: size / 8), q = random(16)
            bytes += q
            values += q.map { d * (Double($0 & 15) - 8) } + q.map { d * (Double($0 >> 4) - 8) }
        case .q4_1:
            let d = append(half: size / 8), m = append(half: -size), q = random(16)
            bytes += q
            values += q.map { d * Double($0 & 15) + m } + q.map { d * Double($0 >> 4) + m }
        case .q5_0, .q5_1:
            let d = append(half: size / 16), m = encoding == .q5_1 ? append(half: -size) : -16 * d
            let high = random(4), q = random(16)
            bytes += high + q
            let word = high.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << UInt32(8 * $1.offset) }
            values += (0..<32).map { i in
                let nibble = i < 16 ? q[i] & 15 : q[i - 16] >> 4
                return d * Double(UInt32(nibble) | (word >> UInt32(i) & 1) << 4) + m
            }
        case .q4_K, .q5_K:
            let d = append(half: size / 8 / 32), least = append(half: size / 32)
            let packed = random(12), high = encoding == .q5_K ? random(32) : [UInt8](repeating: 0, count: 32), q = random(128)
            bytes += packed + (encoding == .q5_K ? high : []) + q
            for sub in 0..<8 {
                let scale = sub < 4 ? packed[sub] & 63 : packed[sub + 4] & 15 | packed[sub - 4] / 64 * 16
                let minimum = sub < 4 ? packed[sub + 4] & 63 : packed[sub + 4] / 16 | packed[sub] / 64 * 16
                for i in 0..<32 {
                    let pair = q[sub / 2 * 32 + i], nibble = sub % 2 == 0 ? pair & 15 : pair >> 4
                    let value = Double(nibble) + (high[i] >> UInt8(sub) & 1 == 1 ? 16 : 0)
                    values.append(d * Double(scale) * value - least * Double(minimum))
                }
            }
        case .q6_K:
            let low = random(128), high = random(64), scales = random(16)
            bytes += low + high + scales
            let d = append(half: size / 32 / 128)
            for index in 0..<256 {
                let half = index / 128, within = index % 128, quarter = within / 32, l = within % 32
                let nibble = quarter < 2 ? low[half * 64 + quarter * 32 + l] & 15 : low[half * 64 + (quarter - 2) * 32 + l] >> 4
                let q = Int(nibble) + Int(high[half * 32 + l] >> UInt8(2 * quarter) & 3) * 16 - 32
                values.append(d * Double(Int8(bitPattern: scales[index / 16])) * Double(q))
            }
        }
    }

    /// Alive as long as the process: what a mapped file would be.
    var encoded: TransformerModel.EncodedMatrix {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        memory.copyBytes(from: bytes)
        nonisolated(unsafe) let view = UnsafeRawBufferPointer(memory)
        return TransformerModel.EncodedMatrix(name: "random", rows: rows, columns: columns, encoding: encoding) { view }
    }

    /// Row times a vector.
    func product(_ row: Int, _ x: [Double]) -> Double {
        var sum = 0.0
        for i in 0..<columns { sum += values[row * columns + i] * x[i] }
        return sum
    }

    func times(_ x: [Double]) -> [Double] { (0..<rows).map { product($0, x) } }
}

/// A small transformer with random weights, as a file would give it and as plain numbers.
struct RandomTransformer {
    struct Layer {
        var query, key, value, attentionOutput, gate, up, down: KnownMatrix
    }

    var model: TransformerModel
    var embedding: KnownMatrix, output: KnownMatrix
    var layers: [Layer]

    /// `encodings`: of the matrices in turn; those in blocks of 256 go where the columns allow, q8_0 elsewhere.
    init(seed: UInt32, width: Int = 64, heads: Int = 3, keyValueHeads: Int = 1, headDimension: Int = 32, feedForward: Int = 96,
         vocabulary: Int = 77,
         layers count: Int = 2, tied: Bool = true, gemma: Bool = false, window: Int = 0, encodings: [TransformerModel.Encoding] = [.q4_1]) {
        var numbers = Numbers(seed), next = 0
        func matrix(_ rows: Int, _ columns: Int, _ scale: Float = 0.1) -> KnownMatrix {
            let encoding = encodings[next % encodings.count]
            next += 1
            return KnownMatrix(rows, columns, columns % encoding.blockElements == 0 ? encoding : .q8_0, &numbers, scale: scale)
        }
        func norm(_ size: Int) -> [Float] { numbers.list(size, times: 0.3).map { 1 + $0 } }
        let embedding = matrix(vocabulary, width, 1)
        let output = tied ? embedding : matrix(vocabulary, width, 0.3)
        let encodedEmbedding = embedding.encoded
        var layers: [Layer] = [], described: [TransformerModel.Layer] = []
        for index in 0..<count {
            let layer = Layer(query: matrix(heads * headDimension, width), key: matrix(keyValueHeads * headDimension, width),
                              value: matrix(keyValueHeads * headDimension, width),
                              attentionOutput: matrix(width, heads * headDimension), gate: matrix(feedForward, width),
                                  up: matrix(feedForward, width),
                              down: matrix(width, feedForward))
            var one = TransformerModel.Layer(
                attentionNorm: norm(width), query: layer.query.encoded, key: layer.key.encoded, value: layer.value.encoded,
                attentionOutput: layer.attentionOutput.encoded, feedForwardNorm: norm(width), gate: layer.gate.encoded,
                    up: layer.up.encoded,
                down: layer.down.encoded, window: window > 0 && index % 2 == 0 ? window : 0, rotaryBase: index % 2 == 0 ? 10_000 : 100,
                    rotaryScale: index % 2 == 0 ? 1 : 2)
            // Odd layers as in Llama 3.1.
            if !gemma, index % 2 == 1 { one.rotaryFactors = (0..<headDimension / 2).map { 1 + Float($0) / 4 } }
            if gemma {
                one.queryNorm = norm(headDimension)
                one.keyNorm = norm(headDimension)
                one.attentionPostNorm = norm(width)
                one.feedForwardPostNorm = norm(width)
            }
            layers.append(layer)
            described.append(one)
        }
        self.embedding = embedding
        self.output = output
        self.layers = layers
        model = TransformerModel(
            architecture: gemma ? .gemma3 : .llama, name: "random", licence: "", source: "test", width: width, heads: heads,
                keyValueHeads: keyValueHeads,
            headDimension: headDimension, feedForward: feedForward, vocabulary: vocabulary, contextLength: 256, normEpsilon: 1e-5,
            activation: gemma ? .geluTanh : .silu, rotaryPairs: gemma ? .halves : .neighbours,
                attentionScale: 1 / Float(headDimension).squareRoot(),
            embeddingScale: gemma ? Float(width).squareRoot() : 1, attentionSoftCap: gemma ? 5 : 0, outputSoftCap: gemma ? 3 : 0,
            embedding: encodedEmbedding, layers: described, outputNorm: norm(width), output: tied ? encodedEmbedding : output.encoded,
            tokenizer: TokenizerSource(kind: .bytePairs, pieces: [], scores: [], types: [], merges: [], preTokenizer: "gpt-2",
                                       beginToken: nil, endToken: nil,
                                       unknownToken: nil, padToken: nil, endOfTurnTokens: [], addsBeginToken: false, addsEndToken: false,
                                           addsSpacePrefix: false,
                                       chatTemplate: ""))
    }
}
