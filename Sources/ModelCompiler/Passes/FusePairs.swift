import Nest

/// Joins a pointwise convolution with the depthwise convolution that alone reads it, so that the wide tensor between
/// them is only ever a few rows: it saves arena, and time where that tensor would not fit the cache.
///
/// - Parameter minimumBytes: tensors smaller than this are left alone; they stay in the cache anyway.
public func fusePairs(_ graph: inout Graph, minimumBytes: Int) throws {
    let consumers = graph.consumers()
    let producers = graph.producers()
    var removed = Set<NodeID>()
    for (id, node) in graph.nodes.enumerated() {
        guard case .depthwiseConvolution(let window, 1, let activation) = node.operation, node.tail.isEmpty, node.inputs.count >= 2,
              let source = producers[node.inputs[0]], graph.onlyConsumer(of: node.inputs[0], consumers) == id,
              graph.nodes[source].tail.isEmpty, case .convolution(let first, _) = graph.nodes[source].operation,
              first == Window(kernel: (1, 1)), graph.tensors[node.inputs[0]].shape.count == 4 else { continue }
        let middle = graph.tensors[node.inputs[0]]
        guard middle.elements / middle.shape[0] * middle.type.size >= minimumBytes else { continue }
        var inputs = graph.nodes[source].inputs
        while inputs.count < 3 { inputs.append(-1) }
        graph.nodes[source].inputs = Array(inputs.prefix(3)) + [node.inputs[1], node.inputs.count > 2 ? node.inputs[2] : -1]
        graph.nodes[source].tail = [.depthwise(window, activation, before: node.inputs[0])]
        graph.nodes[source].outputs[0] = node.outputs[0]
        graph.nodes[source].fused.append("depthwise")
        removed.insert(id)
    }
    graph.removeNodes(removed)
}
