import Nest

extension Operation {
    /// The fused activation, for those that have one.
    var activation: Activation? {
        get {
            switch self {
            case .convolution(_, let activation), .depthwiseConvolution(_, _, let activation), .fullyConnected(let activation),
                 .binary(_, let activation), .averagePool(_, _, let activation), .maxPool(_, let activation),
                     .concatenate(_, let activation): activation
            default: nil
            }
        }
        set {
            guard let activation = newValue else { return }
            switch self {
            case .convolution(let window, _): self = .convolution(window, activation)
            case .depthwiseConvolution(let window, let multiplier, _):
                self = .depthwiseConvolution(window, multiplier: multiplier, activation)
            case .fullyConnected: self = .fullyConnected(activation)
            case .binary(let function, _): self = .binary(function, activation)
            case .averagePool(let window, let countPadding, _): self = .averagePool(window, countPadding: countPadding, activation)
            case .maxPool(let window, _): self = .maxPool(window, activation)
            case .concatenate(let axis, _): self = .concatenate(axis: axis, activation)
            default: break
            }
        }
    }

    /// A clamp that can be fused into the operation before it.
    var clamp: Activation? {
        switch self {
        case .unary(.relu, _, _): .relu
        case .unary(.relu6, _, _): .relu6
        case .unary(.clip, let low, let high): .clip(low, high)
        default: nil
        }
    }

    var isConvolution: Bool {
        switch self {
        case .convolution, .depthwiseConvolution, .fullyConnected: true
        default: false
        }
    }
}

extension Activation {
    /// The activation as a node of its own.
    var operation: Operation? {
        switch self {
        case .none: nil
        case .relu: .unary(.relu, alpha: 0, beta: 0)
        case .relu6: .unary(.relu6, alpha: 0, beta: 0)
        case .reluN1To1: .unary(.clip, alpha: -1, beta: 1)
        case .clip(let low, let high): .unary(.clip, alpha: low, beta: high)
        case .function(let function, let alpha, let beta): .unary(function, alpha: alpha, beta: beta)
        }
    }
}

/// Makes activations that are more than a clamp nodes of their own, and those of operations whose instruction has no
/// clamp: a concatenation, and pooling in float.
@Sendable public func separateFunctions(_ graph: inout Graph) throws {
    separate(&graph) { node, graph in
        switch node.operation.activation {
        case .function?: return true
        case nil, Activation.none?: return false
        default: break
        }
        switch node.operation {
        case .concatenate: return true
        case .averagePool, .maxPool: return graph.tensors[node.outputs[0]].type == .float32
        default: return false
        }
    }
}

/// Makes every activation a node of its own, as a program without fusion has it. Int8 nodes keep theirs: their output
/// scale already says where they clamp.
@Sendable public func separateActivations(_ graph: inout Graph) throws {
    separate(&graph) { node, graph in
        guard let activation = node.operation.activation, activation != .none else { return false }
        return graph.tensors[node.outputs[0]].type == .float32
    }
}

private func separate(_ graph: inout Graph, where shouldSeparate: (Node, Graph) -> Bool) {
    var nodes: [Node] = []
    for var node in graph.nodes {
        guard shouldSeparate(node, graph), let operation = node.operation.activation?.operation else {
            nodes.append(node)
            continue
        }
        var before = graph.tensors[node.outputs[0]]
        let output = node.outputs[0]
        before.name += " before activation"
        node.outputs[0] = graph.addTensor(before)
        node.operation.activation = Activation.none
        nodes.append(node)
        nodes.append(Node(name: "\(node.name) activation", operation: operation, inputs: [node.outputs[0]], outputs: [output]))
    }
    graph.nodes = nodes
}
