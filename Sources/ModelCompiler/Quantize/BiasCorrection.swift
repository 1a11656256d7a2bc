import Nest
import Platform

/// Rounded weights and inputs shift the mean of each channel that a convolution computes. The shift is measured on the
/// samples and taken out of the bias, which costs nothing at run time (Nagel et al. 2019, "Data-Free Quantization
/// Through Weight Equalization and Bias Correction").
///
/// Each convolution is corrected for its own rounding alone, with the float graph's values before it: corrections that
/// also made up for earlier layers' errors would make up for the same error once in every layer.
func correctBiases(_ quantized: inout QuantizedGraph, of source: Graph, samples: Samples, name: String, progress: Progress) throws {
    var taps: [TensorID: InputMeans] = [:]
    var int8Tensors: [TensorID: TensorID] = [:]
    for (int8, float) in quantized.floatTensors { int8Tensors[float] = int8 }
    for node in source.nodes {
        guard let means = InputMeans(node, source), let twin = int8Tensors[node.inputs[0]],
              let quantization = quantized.graph.tensors[twin].quantization else {
            continue
        }
        taps[node.outputs[0]] = means.rounding(to: quantization, quantized.graph.tensors[twin].channels)
    }
    var readers: [TensorID: [TensorID]] = [:]
    for node in source.nodes where taps[node.outputs[0]] != nil { readers[node.inputs[0], default: []].append(node.outputs[0]) }
    let observer = try TensorObserver(try lower([source], name: name))
    try progress.each("biases", of: samples.count) { index in
        try samples.fill(observer.model, index)
        try observer.run(only: { readers[$0] != nil }) { tensor, values in
            for reader in readers[tensor] ?? [] { taps[reader]?.add(values) }
        }
    }
    let producers = source.producers()
    for node in quantized.graph.nodes where node.operation.isConvolution {
        guard node.inputs.count > 2, let output = quantized.floatTensors[node.outputs[0]], let means = taps[output],
              let maker = producers[output],
              let real = source.floatValues(source.nodes[maker].inputs[1]), let rounded = quantized.graph.floatValues(node.inputs[1]),
              let bias = quantized.graph.tensors[node.inputs[2]].int32s,
                  let scales = quantized.graph.tensors[node.inputs[2]].quantization?.scales else {
                  continue
              }
        let channels = quantized.graph.tensors[node.outputs[0]].channels
        let expected = apply(real, of: node, to: means.real.means()).enumerated().map { $1 / Double(channels?.factors[$0] ?? 1) }
        let found = apply(rounded, of: node, to: means.rounded.means())
        guard expected.count == bias.count, found.count == bias.count, scales.count == bias.count else { continue }
        quantized.graph.tensors[node.inputs[2]].constant = bias.indices.map { channel -> Int32 in
            let value = Double(bias[channel]) + ((expected[channel] - found[channel]) / Double(scales[channel])).rounded(.toNearestOrEven)
            return Int32(max(-0x7fff_0000, min(0x7fff_0000, value)))
        }.littleEndianBytes
    }
}

/// What a convolution reads in the mean, as it is and rounded to int8.
private struct InputMeans {
    var real: TapMeans, rounded: TapMeans
    private var scale: Float = 1, zeroPoint: Float = 0
    private var inverseFactors: [Float]?

    /// Nil for what is no convolution.
    init?(_ node: Node, _ graph: Graph) {
        switch node.operation {
        case .convolution(let window, _), .depthwiseConvolution(let window, _, _):
            let shape = Lowering.shape4(graph.tensors[node.inputs[0]].shape)
            real = TapMeans(window: window, height: shape[1], width: shape[2], channels: shape[3])
        case .fullyConnected:
            guard let inner = graph.tensors[node.inputs[1]].shape.last, inner > 0 else { return nil }
            real = TapMeans(window: Window(kernel: (1, 1)), height: 1, width: 1, channels: inner)
        default: return nil
        }
        rounded = real
    }

    /// The means of rounded values are in units of the channels' factors, as the rounded weights are.
    func rounding(to quantization: Quantization, _ channels: ChannelCoding?) -> InputMeans {
        var copy = self
        copy.scale = quantization.scale
        copy.zeroPoint = Float(quantization.zeroPoint)
        copy.inverseFactors = channels?.factors.map { 1 / $0 }
        return copy
    }

    mutating func add(_ values: [Float]) {
        real.add(values)
        let inverse = 1 / scale
        var values = values
        if let inverseFactors { for index in values.indices { values[index] *= inverseFactors[index % inverseFactors.count] } }
        rounded.add(values.map { (min(127, max(-128, ($0 * inverse + zeroPoint).rounded(.toNearestOrEven))) - zeroPoint) * scale })
    }
}

/// The weights of a convolution on what its taps read in the mean: one number a channel.
private func apply(_ weights: [Float], of node: Node, to means: [Double]) -> [Double] {
    if case .depthwiseConvolution(let window, let multiplier, _) = node.operation {
        let taps = window.kernel.0 * window.kernel.1, outputs = weights.count / max(1, taps)
        var result = [Double](repeating: 0, count: outputs)
        for tap in 0..<taps {
            for output in 0..<outputs {
                result[output] += Double(weights[tap * outputs + output]) * means[tap * outputs / multiplier + output / multiplier]
            }
        }
        return result
    }
    let inner = means.count
    return (0..<weights.count / max(1, inner)).map { output in
        var sum = 0.0
        for index in 0..<inner { sum += Double(weights[output * inner + index]) * means[index] }
        return sum
    }
}
