import Nest
import Platform

/// An int8 graph and, for each of its int8 tensors, the float graph's tensor that it stands for.
public struct QuantizedGraph: Sendable {
    public var graph: Graph
    public var floatTensors: [TensorID: TensorID]
}

/// Turns a prepared float graph into int8: weights per channel and symmetric in [-127, 127], bias int32, activations
/// per tensor by calibration. What has no int8 instruction stays float, with conversions at the borders.
///
/// - Throws: a failure that names a node without calibrated scales.
public func quantize(_ source: Graph, _ calibration: Calibration) throws -> QuantizedGraph {
    try quantize(source, calibration, WeightRounding())
}

/// - Parameter rounding: how weights become whole steps.
func quantize(_ source: Graph, _ calibration: Calibration, _ rounding: WeightRounding) throws -> QuantizedGraph {
    var builder = QuantizedGraphBuilder(source, calibration, rounding)
    return try builder.build()
}

private struct QuantizedGraphBuilder {
    let source: Graph
    let calibration: Calibration
    let rounding: WeightRounding
    let plan: QuantizationPlan
    var graph: Graph
    var nodes: [Node] = []
    /// The int8 tensor of a float one, once it is computed.
    var twins: [TensorID: TensorID] = [:]
    /// Float tensors that are there as floats.
    var floats = Set<TensorID>()

    init(_ source: Graph, _ calibration: Calibration, _ rounding: WeightRounding) {
        self.source = source
        self.calibration = calibration
        self.rounding = rounding
        plan = QuantizationPlan(source)
        graph = source
    }

    mutating func build() throws -> QuantizedGraph {
        let consumers = source.consumers()
        for (position, input) in source.inputs.enumerated() {
            let onlyInt8 = !consumers[input].isEmpty && consumers[input].allSatisfy { plan.isQuantized[$0] }
                && !source.outputs.contains(input)
            if onlyInt8, let twin = twin(input) {
                graph.inputs[position] = twin
            } else {
                floats.insert(input)
            }
        }
        for (id, node) in source.nodes.enumerated() {
            if plan.isQuantized[id] { try appendQuantized(node) } else { appendFloat(node) }
        }
        graph.outputs = source.outputs.map { floats.contains($0) ? $0 : twins[$0] ?? $0 }
        graph.nodes = nodes
        var origin: [TensorID: TensorID] = [:]
        for (float, twin) in twins { origin[twin] = float }
        return QuantizedGraph(graph: graph, floatTensors: origin)
    }

    private mutating func twin(_ tensor: TensorID) -> TensorID? {
        if let known = twins[tensor] { return known }
        guard let quantization = calibration.quantizations[tensor] else { return nil }
        let float = source.tensors[tensor]
        let id = graph.addTensor(GraphTensor(name: float.name, shape: float.shape, type: .int8, quantization: quantization))
        graph.tensors[id].channels = calibration.codings[tensor]
        twins[tensor] = id
        return id
    }

    /// The int8 form of an input, converted here if it is only there as float.
    private mutating func int8(_ tensor: TensorID, _ node: Node) throws -> TensorID {
        if let known = twins[tensor] { return known }
        if let values = source.floatValues(tensor) {
            let quantization = asymmetricQuantization(low: min(0, values.min() ?? 0), high: max(0, values.max() ?? 0))
            let bytes = values.map { Int8(quantized($0, scale: quantization.scale, zeroPoint: quantization.zeroPoint)) }.littleEndianBytes
            return graph.addTensor(GraphTensor(name: source.tensors[tensor].name, shape: source.tensors[tensor].shape, type: .int8,
                                               quantization: quantization, constant: bytes))
        }
        guard let twin = twin(tensor) else {
            throw source.failure(node, "reads \"\(source.tensors[tensor].name)\", which calibration didn't see")
        }
        nodes.append(Node(name: "\(source.tensors[tensor].name) to int8", operation: .quantize, inputs: [tensor], outputs: [twin]))
        return twin
    }

    private mutating func appendFloat(_ node: Node) {
        for input in node.inputs where input >= 0 && !floats.contains(input) {
            guard let twin = twins[input] else { continue }
            nodes.append(Node(name: "\(source.tensors[input].name) to float", operation: .quantize, inputs: [twin], outputs: [input]))
            floats.insert(input)
        }
        nodes.append(node)
        floats.formUnion(node.outputs.filter { $0 >= 0 })
    }

    private mutating func appendQuantized(_ node: Node) throws {
        var changed = node
        switch node.operation {
        case .convolution, .depthwiseConvolution, .fullyConnected:
            let input = try int8(node.inputs[0], node)
            let weights = try quantizedWeights(node, input: graph.tensors[input], output: calibration.codings[node.outputs[0]])
            changed.inputs = [input, weights.weights, weights.bias]
        case .gather: changed.inputs = [try int8(node.inputs[0], node)] + node.inputs.dropFirst()
        default: changed.inputs = try node.inputs.map { $0 < 0 ? $0 : try int8($0, node) }
        }
        changed.outputs = try node.outputs.map { output in
            guard let twin = twin(output) else {
                throw source.failure(node, "computes \"\(source.tensors[output].name)\", which calibration didn't see")
            }
            return twin
        }
        nodes.append(changed)
    }

    /// - Parameter output: the coding of the result's channels; factors of input and output go into weights and bias.
    private mutating func quantizedWeights(_ node: Node, input: GraphTensor, output: ChannelCoding?) throws
        -> (weights: TensorID, bias: TensorID) {
        let inputScale = input.quantization?.scale ?? 1
        guard var values = source.floatValues(node.inputs[1]) else { throw source.failure(node, "the weights must be constant") }
        let tensor = source.tensors[node.inputs[1]]
        var axis = 0
        if case .depthwiseConvolution = node.operation { axis = 3 }
        let channels = tensor.shape[axis], inner = tensor.shape[(axis + 1)...].reduce(1, *)
        let biasTensor = node.inputs.count > 2 ? node.inputs[2] : -1
        var bias = source.floatValues(biasTensor) ?? [Float](repeating: 0, count: channels)
        guard bias.count == channels else { throw source.failure(node, "\(bias.count) biases for \(channels) channels") }
        // The last axis of the weights is that of the input's channels, depthwise or not.
        if let coding = input.channels {
            for index in values.indices { values[index] *= coding.factors[index % coding.factors.count] }
        }
        let factors = output?.factors ?? [Float](repeating: 1, count: channels)
        if let output { for channel in 0..<channels { bias[channel] -= output.offsets[channel] } }
        var largest = [Float](repeating: 0, count: channels)
        for (index, value) in values.enumerated() { largest[index / inner % channels] = max(largest[index / inner % channels], abs(value)) }
        // A channel of (nearly) no weights still needs a scale that its bias fits.
        let scales = zip(largest, bias).map { max($0 / 127, abs($1) / inputScale / 0x1p30, 1e-12) }
        let integers = rounding.integers(values, scales: scales, channel: { $0 / inner % channels }, output: node.outputs[0],
                                         factors: input.channels?.factors)
        let biases = zip(bias, scales).map { value, scale -> Int32 in
            Int32(max(-0x7fff_0000, min(0x7fff_0000, (Double(value) / (Double(inputScale) * Double(scale))).rounded(.toNearestOrEven))))
        }
        let weights = graph.addTensor(GraphTensor(name: tensor.name, shape: tensor.shape, type: .int8,
                                                  quantization: Quantization(scales: zip(scales, factors).map { $0 / $1 },
                                                      zeroPoints: [Int32](repeating: 0, count: channels), axis: axis),
                                                  constant: integers.littleEndianBytes))
        let biasID = graph.addTensor(GraphTensor(name: "\(node.name) bias", shape: [channels], type: .int32,
                                                 quantization: Quantization(scales: zip(scales, factors).map { $0 / $1 * inputScale },
                                                                            zeroPoints: [Int32](repeating: 0, count: channels), axis: 0),
                                                 constant: biases.littleEndianBytes))
        return (weights, biasID)
    }
}
