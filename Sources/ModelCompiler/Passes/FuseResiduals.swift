import Nest

/// The addition of a shortcut becomes the last step of the convolution that computes the later of its operands.
@Sendable public func fuseResiduals(_ graph: inout Graph) throws {
    let consumers = graph.consumers()
    let producers = graph.producers()
    var removed = Set<NodeID>()
    for (id, node) in graph.nodes.enumerated() {
        guard case .binary(.add, let activation) = node.operation, node.inputs.count == 2, node.inputs[0] != node.inputs[1],
              node.inputs.allSatisfy({ $0 >= 0 && graph.tensors[$0].constant == nil }) else { continue }
        let result = graph.tensors[node.outputs[0]]
        guard node.inputs.allSatisfy({ graph.tensors[$0].shape == result.shape && graph.tensors[$0].type == result.type }) else { continue }
        // In float the instruction clamps before the sum only.
        guard result.type == .int8 || activation == .none else { continue }
        if result.type == .int8 {
            // Fixed-point addition has room for ratios in this range only.
            guard let scale = result.quantization?.scale, let largest =
                  node.inputs.compactMap({ graph.tensors[$0].quantization?.scale }).max(),
                  largest / scale < 256, largest / scale > 1.0 / 1024 else { continue }
        }
        let candidates = node.inputs.compactMap { input -> (source: NodeID, computed: TensorID, shortcut: TensorID)? in
            guard let source = producers[input], !removed.contains(source) else { return nil }
            return (source, input, input == node.inputs[0] ? node.inputs[1] : node.inputs[0])
        }
        guard let chosen = candidates.max(by: { $0.source < $1.source }), graph.onlyConsumer(of: chosen.computed, consumers) == id,
              graph.nodes[chosen.source].tail.allSatisfy({ if case .function = $0 { true } else { false } }) else { continue }
        // The shortcut has to be there when the convolution runs.
        if let other = producers[chosen.shortcut], other >= chosen.source { continue }
        switch graph.nodes[chosen.source].operation {
        case .convolution, .depthwiseConvolution: break
        default: continue
        }
        var inputs = graph.nodes[chosen.source].inputs
        while inputs.count < 3 { inputs.append(-1) }
        graph.nodes[chosen.source].inputs = Array(inputs.prefix(3)) + [chosen.shortcut]
        graph.nodes[chosen.source].tail.append(.add(activation, before: chosen.computed))
        graph.nodes[chosen.source].outputs[0] = node.outputs[0]
        graph.nodes[chosen.source].fused.append("residual")
        removed.insert(id)
    }
    graph.removeNodes(removed)
}
