import Nest

/// A clamp (ReLU, ReLU6, clip) becomes part of the convolution or elementwise operation before it. In int8 only where
/// both tensors have the same scale: otherwise the value would be rounded differently.
@Sendable public func fuseActivations(_ graph: inout Graph) throws {
    let consumers = graph.consumers()
    var producers = graph.producers()
    var removed = Set<NodeID>()
    for (id, node) in graph.nodes.enumerated() {
        guard let clamp = node.operation.clamp, let source = producers[node.inputs[0]],
              graph.onlyConsumer(of: node.inputs[0], consumers) == id, graph.nodes[source].tail.isEmpty else { continue }
        let before = graph.tensors[node.inputs[0]], after = graph.tensors[node.outputs[0]]
        guard before.type == after.type, before.quantization == after.quantization else { continue }
        switch graph.nodes[source].operation {
        case .convolution(_, .none), .depthwiseConvolution(_, _, .none), .fullyConnected(.none), .binary(_, .none): break
        default: continue
        }
        graph.nodes[source].operation.activation = clamp
        graph.nodes[source].outputs[0] = node.outputs[0]
        graph.nodes[source].fused.append(node.operation.title)
        producers[node.outputs[0]] = source
        removed.insert(id)
    }
    graph.removeNodes(removed)
}

/// Other functions (SiLU, sigmoid, a clamp between two scales) become a step behind the convolution: a table in int8,
/// a call in float.
@Sendable public func fuseFunctions(_ graph: inout Graph) throws {
    let consumers = graph.consumers()
    let producers = graph.producers()
    var removed = Set<NodeID>()
    for (id, node) in graph.nodes.enumerated() {
        guard case .unary(let function, let alpha, let beta) = node.operation, let source = producers[node.inputs[0]],
              graph.onlyConsumer(of: node.inputs[0], consumers) == id, graph.nodes[source].operation.isConvolution,
              graph.nodes[source].tail.isEmpty else { continue }
        let after = graph.tensors[node.outputs[0]]
        guard graph.tensors[node.inputs[0]].type == after.type else { continue }
        if after.type == .float32 {
            // The instruction applies a function before its clamp and has no words for the function's numbers.
            guard graph.nodes[source].operation.activation == Activation.none, !function.hasParameters else { continue }
        }
        graph.nodes[source].tail.append(.function(function, alpha: alpha, beta: beta, before: node.inputs[0]))
        graph.nodes[source].outputs[0] = node.outputs[0]
        graph.nodes[source].fused.append(node.operation.title)
        removed.insert(id)
    }
    graph.removeNodes(removed)
}

extension UnaryFunction {
    /// Whether alpha and beta matter.
    var hasParameters: Bool {
        switch self {
        case .hardSigmoid, .clip, .leakyRelu, .elu, .power: true
        default: false
        }
    }
}
