import Nest

/// The factor and offset of a batch normalisation, per channel: y = x * factor + offset.
private func affine(_ graph: Graph, _ node: Node, epsilon: Float) throws -> (factor: [Float], offset: [Float]) {
    guard node.inputs.count == 5, let gamma = graph.floatValues(node.inputs[1]), let beta = graph.floatValues(node.inputs[2]),
          let mean = graph.floatValues(node.inputs[3]), let variance = graph.floatValues(node.inputs[4]),
          gamma.count == beta.count, gamma.count == mean.count, gamma.count == variance.count else {
        throw graph.failure(node, "needs four constant vectors of one length", kind: .badFormat)
    }
    // In double: a small variance makes a large factor, and the offset is a difference of products.
    let factors = zip(gamma, variance).map { Double($0) / (Double($1) + Double(epsilon)).squareRoot() }
    let offsets = zip(zip(beta, mean), factors).map { Double($0.0) - Double($0.1) * $1 }
    return (factors.map { Float($0) }, offsets.map { Float($0) })
}

/// Folds batch normalisation into the weights and bias of the convolution before it.
@Sendable public func foldBatchNormalization(_ graph: inout Graph) throws {
    let producers = graph.producers()
    let consumers = graph.consumers()
    var removed = Set<NodeID>()
    for (id, node) in graph.nodes.enumerated() {
        guard case .batchNormalization(let epsilon) = node.operation else { continue }
        guard let source = producers[node.inputs[0]], !removed.contains(source),
              graph.onlyConsumer(of: node.inputs[0], consumers) == id else {
            continue
        }
        let (factor, offset) = try affine(graph, node, epsilon: epsilon)
        guard graph.scaleResult(of: source, by: factor, adding: offset) else { continue }
        graph.nodes[source].outputs[0] = node.outputs[0]
        graph.nodes[source].fused.append("batch normalisation")
        removed.insert(id)
    }
    graph.removeNodes(removed)
    // One that follows something else than a convolution still has to become something that can run.
    try batchNormalizationToDepthwise(&graph)
}

/// Makes every batch normalisation a depthwise convolution with a 1x1 kernel.
@Sendable public func batchNormalizationToDepthwise(_ graph: inout Graph) throws {
    for id in graph.nodes.indices {
        guard case .batchNormalization(let epsilon) = graph.nodes[id].operation else { continue }
        let node = graph.nodes[id]
        let (factor, offset) = try affine(graph, node, epsilon: epsilon)
        guard graph.tensors[node.inputs[0]].shape.last == factor.count else {
            throw graph.failure(node, "\(factor.count) channels expected", kind: .badFormat)
        }
        let weights = graph.addConstant("\(node.name) factor", shape: [1, 1, 1, factor.count], floats: factor)
        let bias = graph.addConstant("\(node.name) offset", shape: [offset.count], floats: offset)
        graph.nodes[id].operation = .depthwiseConvolution(Window(kernel: (1, 1)), multiplier: 1, .none)
        graph.nodes[id].inputs = [node.inputs[0], weights, bias]
    }
}

extension Graph {
    /// Changes a float convolution's weights and bias such that its result is multiplied and added to per channel.
    /// False where the node isn't a plain float convolution with constant weights.
    mutating func scaleResult(of id: NodeID, by factor: [Float], adding offset: [Float]) -> Bool {
        let node = nodes[id]
        guard node.operation.isConvolution, node.operation.activation == Activation.none, node.tail.isEmpty, node.inputs.count >= 2,
              tensors[node.outputs[0]].type == .float32, let weights = floatValues(node.inputs[1]) else { return false }
        let shape = tensors[node.inputs[1]].shape
        let channelsLast: Bool
        if case .depthwiseConvolution = node.operation { channelsLast = true } else { channelsLast = false }
        guard let channels = channelsLast ? shape.last : shape.first, channels > 0, factor.count == channels,
              offset.count == channels else {
            return false
        }
        let old = node.inputs.count > 2 && node.inputs[2] >= 0 ? floatValues(node.inputs[2]) : [Float](repeating: 0, count: channels)
        guard let old, old.count == channels else { return false }
        let perChannel = weights.count / channels
        let scaled = weights.enumerated().map { index, value in value * factor[channelsLast ? index % channels : index / perChannel] }
        let bias = (0..<channels).map { old[$0] * factor[$0] + offset[$0] }
        let name = tensors[node.inputs[1]].name
        let newWeights = addConstant(name, shape: shape, floats: scaled)
        let newBias = addConstant("\(node.name) bias", shape: [channels], floats: bias)
        nodes[id].inputs = [node.inputs[0], newWeights, newBias] + node.inputs.dropFirst(3)
        return true
    }
}
