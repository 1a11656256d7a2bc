import Nest

/// An operation between a dequantisation of each input and a quantisation of its result, as ONNX Runtime's quantiser leaves
/// them, becomes the int8 operation that they say; what only moves values moves them as int8. Other operations stay float,
/// with the conversions.
@Sendable public func absorbQuantization(_ graph: inout Graph) throws {
    guard graph.isQuantizedByPairs else { return }
    let consumers = graph.consumers()
    // What float tensors are dequantised from, and int8 tensors that are others once more.
    var sources: [TensorID: TensorID] = [:], same: [TensorID: TensorID] = [:]
    var removed = Set<NodeID>(), added: [NodeID: Node] = [:]
    for id in graph.nodes.indices where !removed.contains(id) {
        graph.nodes[id].inputs = graph.nodes[id].inputs.map { same[$0] ?? $0 }
        let node = graph.nodes[id], result = node.outputs[0]
        if case .quantize = node.operation {
            if graph.tensors[node.inputs[0]].type == .int8, graph.tensors[result].type == .float32 {
                sources[result] = node.inputs[0]
            } else if let source = sources[node.inputs[0]], graph.tensors[source].quantization == graph.tensors[result].quantization,
                      graph.tensors[result].type == .int8, !graph.outputs.contains(result) {
                same[result] = source
                removed.insert(id)
            }
        } else if node.outputs.count == 1, graph.tensors[result].type == .float32, node.operation.canBeInt8 {
            if let merged = graph.absorb(id, sources, consumers) {
                removed.formUnion(merged)
            } else if node.operation.movesValues, let source = sources[node.inputs[0]] {
                var moved = graph.tensors[source]
                (moved.name, moved.shape, moved.isState) = (graph.tensors[result].name, graph.tensors[result].shape, false)
                graph.nodes[id].inputs[0] = source
                graph.nodes[id].outputs = [graph.addTensor(moved)]
                sources[result] = graph.nodes[id].outputs[0]
                added[id] = Node(name: node.name + "/real", operation: .quantize, inputs: graph.nodes[id].outputs, outputs: [result])
            }
        }
    }
    graph.nodes = graph.nodes.enumerated().flatMap { id, node in
        (removed.contains(id) ? [] : [node]) + (added[id].map { [$0] } ?? [])
    }
    try removeDeadNodes(&graph)
}

extension Operation {
    fileprivate var canBeInt8: Bool {
        switch self {
        case .convolution, .depthwiseConvolution, .fullyConnected, .binary(.add, _), .binary(.subtract, _), .binary(.multiply, _),
             .averagePool, .maxPool, .mean, .concatenate, .reshape, .transpose, .slice, .resize, .unary, .softmax: true
        default: false
        }
    }

    /// Whether its instruction takes the result's scale to be the input's.
    fileprivate var passesScale: Bool {
        switch self {
        case .averagePool, .maxPool, .reshape, .transpose, .slice, .resize: true
        default: false
        }
    }

    /// Whether it puts the values of its one input elsewhere and no more.
    fileprivate var movesValues: Bool {
        switch self {
        case .reshape, .transpose, .slice: true
        default: false
        }
    }

    fileprivate var hasWeights: Bool {
        switch self {
        case .convolution, .depthwiseConvolution, .fullyConnected: true
        default: false
        }
    }
}

extension Graph {
    /// Makes a node int8 up to the quantisation behind it, a clamp between them included; gives the nodes that it took in, nil
    /// where it can't be.
    fileprivate mutating func absorb(_ id: NodeID, _ sources: [TensorID: TensorID], _ consumers: [[NodeID]]) -> [NodeID]? {
        let node = nodes[id]
        var merged: [NodeID] = [], result = node.outputs[0], clamp: Activation?
        if let next = onlyConsumer(of: result, consumers), node.operation.activation == Activation.none,
           let bounds = nodes[next].operation.clamp {
            clamp = bounds
            result = nodes[next].outputs[0]
            merged.append(next)
        }
        guard let last = onlyConsumer(of: result, consumers), case .quantize = nodes[last].operation,
              let inputs = int8Inputs(node, sources), keepsScale(node.operation, inputs, nodes[last].outputs[0]),
              let operands = int8Operands(node, inputs) else { return nil }
        nodes[id].inputs = operands
        nodes[id].outputs = [nodes[last].outputs[0]]
        if let clamp { nodes[id].operation.activation = clamp }
        return merged + [last]
    }

    /// For each computed input the int8 tensor that was dequantised; nil where one wasn't.
    private func int8Inputs(_ node: Node, _ sources: [TensorID: TensorID]) -> [TensorID]? {
        var inputs: [TensorID] = []
        for input in node.inputs {
            if input < 0 || tensors[input].constant != nil {
                inputs.append(input)
            } else if let source = sources[input] {
                inputs.append(source)
            } else {
                return nil
            }
        }
        return inputs
    }

    private func keepsScale(_ operation: Operation, _ inputs: [TensorID], _ output: TensorID) -> Bool {
        guard tensors[output].type == .int8 else { return false }
        return !operation.passesScale || tensors[inputs[0]].quantization == tensors[output].quantization
    }

    /// The inputs with constants as integers; nil where one of those says no quantisation.
    private mutating func int8Operands(_ node: Node, _ inputs: [TensorID]) -> [TensorID]? {
        guard node.operation.hasWeights else {
            var operands = inputs
            for (position, input) in inputs.enumerated() where input >= 0 && tensors[input].constant != nil {
                guard let integers = integers(input), tensors[integers].type == .int8, tensors[integers].quantization?.axis == nil else {
                    return nil
                }
                operands[position] = integers
            }
            return operands
        }
        guard inputs.count >= 2, let scale = tensors[inputs[0]].quantization?.scale, let weights = integers(inputs[1]),
              let quantization = tensors[weights].quantization else { return nil }
        guard inputs.count > 2, inputs[2] >= 0 else { return [inputs[0], weights, -1] }
        guard let bias = tensors[inputs[2]].floats else { return nil }
        let scales = quantization.scales.count == 1 ? Array(repeating: quantization.scale, count: bias.count) : quantization.scales
        guard scales.count == bias.count else { return nil }
        var whole: [Int32] = []
        for (value, step) in zip(bias, scales) {
            let steps = (Double(value) / (Double(scale) * Double(step))).rounded(.toNearestOrEven)
            guard steps.magnitude < 0x1p31 else { return nil }
            whole.append(Int32(steps))
        }
        let record = GraphTensor(name: tensors[inputs[2]].name, shape: tensors[inputs[2]].shape, type: .int32,
                                 quantization: Quantization(scales: scales.map { $0 * scale },
                                                            zeroPoints: scales.map { _ in 0 }, axis: scales.count == 1 ? nil : 0),
                                 constant: whole.littleEndianBytes)
        return [inputs[0], weights, addTensor(record)]
    }

    /// A float constant as the integers that it came from; nil where it came from none.
    private mutating func integers(_ id: TensorID) -> TensorID? {
        var record = tensors[id]
        guard let values = record.floats, let quantization = record.quantization else { return nil }
        let inner = quantization.axis.map { record.shape[($0 + 1)...].reduce(1, *) } ?? 1, channels = quantization.scales.count
        let whole = values.enumerated().map { index, value -> Int in
            let channel = index / inner % channels
            let steps = (Double(value) / Double(quantization.scales[channel])).rounded(.toNearestOrEven)
            return Int(max(-1024, min(1024, steps))) + Int(quantization.zeroPoints[channel])
        }
        if whole.allSatisfy({ (-128...127).contains($0) }), quantization.zeroPoints.allSatisfy({ (-128...127).contains($0) }) {
            record.type = .int8
            record.constant = whole.map { Int8($0) }.littleEndianBytes
        } else if whole.allSatisfy({ (0...255).contains($0) }) {
            record.type = .uint8
            record.constant = whole.map { UInt8($0) }
        } else {
            return nil
        }
        return addTensor(record)
    }
}
