import Foundation
import Kernels
@testable import ModelCompiler

/// A transformer as its papers write it, in float64, one position after the other; only what the file format fixes is
/// rounded: keys and values to half floats, and, where they shall have 8 bits, inputs of matrices in groups of 32.
struct PlainTransformer {
    let source: RandomTransformer
    var activationBits = 16
    private var model: TransformerModel { source.model }

    /// Logits after each token.
    func logits(_ tokens: [Int32]) -> [[Double]] {
        var keys = [[[Double]]](repeating: [], count: source.layers.count), values = keys
        return tokens.enumerated().map { position, token in
            var x = (0..<model.width).map { source.embedding.values[Int(token) * model.width + $0] * Double(model.embeddingScale) }
            for (index, layer) in source.layers.enumerated() {
                let described = model.layers[index]
                let input = rounded(norm(x, described.attentionNorm))
                var attended = attention(layer, described, input, position, &keys[index], &values[index])
                attended = layer.attentionOutput.times(rounded(attended))
                if !described.attentionPostNorm.isEmpty { attended = norm(attended, described.attentionPostNorm) }
                x = zip(x, attended).map(+)
                let wide = rounded(norm(x, described.feedForwardNorm))
                let gate = layer.gate.times(wide), up = layer.up.times(wide)
                var result = layer.down.times(rounded(zip(gate, up).map { activation($0) * $1 }))
                if !described.feedForwardPostNorm.isEmpty { result = norm(result, described.feedForwardPostNorm) }
                x = zip(x, result).map(+)
            }
            let logits = source.output.times(rounded(norm(x, model.outputNorm)))
            let cap = Double(model.outputSoftCap)
            return cap == 0 ? logits : logits.map { cap * tanh($0 / cap) }
        }
    }

    private func attention(_ layer: RandomTransformer.Layer, _ described: TransformerModel.Layer, _ input: [Double], _ position: Int,
                           _ keys: inout [[Double]], _ values: inout [[Double]]) -> [Double] {
        let d = model.headDimension
        func heads(_ matrix: KnownMatrix, _ weights: [Float]) -> [[Double]] {
            let y = matrix.times(input)
            return stride(from: 0, to: y.count, by: d).map { start in
                var head = Array(y[start..<start + d])
                if !weights.isEmpty { head = norm(head, weights) }
                return rotated(head, position, described)
            }
        }
        let queries = heads(layer.query, described.queryNorm)
        keys.append(heads(layer.key, described.keyNorm).flatMap { $0 }.map { halved($0) })
        values.append(layer.value.times(input).map { halved($0) })
        let first = described.window == 0 ? 0 : max(0, position - described.window + 1)
        return queries.enumerated().flatMap { head, query -> [Double] in
            let shared = head / (model.heads / model.keyValueHeads) * d
            var scores = (first...position).map { p -> Double in
                var dot = 0.0
                for i in 0..<d { dot += query[i] * keys[p][shared + i] }
                let score = dot * Double(model.attentionScale), cap = Double(model.attentionSoftCap)
                return cap == 0 ? score : cap * tanh(score / cap)
            }
            let most = scores.max()!
            scores = scores.map { exp($0 - most) }
            let total = scores.reduce(0, +)
            return (0..<d).map { i in (first...position).reduce(0.0) { $0 + scores[$1 - first] / total * values[$1][shared + i] } }
        }
    }

    private func rotated(_ head: [Double], _ position: Int, _ layer: TransformerModel.Layer) -> [Double] {
        let d = head.count
        var result = head
        for i in 0..<d / 2 {
            let angle = Double(position) / Double(layer.rotaryScale) * pow(Double(layer.rotaryBase),
                -2 * Double(i) / Double(d)) / (layer.rotaryFactors.isEmpty ? 1 : Double(layer.rotaryFactors[i]))
            let (a, b) = model.rotaryPairs == .neighbours ? (2 * i, 2 * i + 1) : (i, i + d / 2)
            result[a] = head[a] * cos(angle) - head[b] * sin(angle)
            result[b] = head[a] * sin(angle) + head[b] * cos(angle)
        }
        return result
    }

    private func norm(_ x: [Double], _ weights: [Float]) -> [Double] {
        let mean = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
        return zip(x, weights).map { $0 / (mean + Double(model.normEpsilon)).squareRoot() * Double($1) }
    }

    private func activation(_ x: Double) -> Double {
        model.activation == .silu ? x / (1 + exp(-x)) : 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }

    private func halved(_ x: Double) -> Double { Double(float(half: half(Float(x)))) }

    private func rounded(_ x: [Double]) -> [Double] {
        if activationBits == 16 { return x }
        return stride(from: 0, to: x.count, by: 32).flatMap { start -> [Double] in
            let group = x[start..<start + 32], scale = group.map(abs).max()! / 127
            return group.map { scale == 0 ? 0 : ($0 / scale).rounded(.toNearestOrEven) * scale }
        }
    }
}
