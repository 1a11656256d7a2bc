import Nest

/// Multiplications and additions of constants after a float convolution go into its weights and bias; those after
/// anything else stay.
@Sendable public func foldScales(_ graph: inout Graph) throws {
    let consumers = graph.consumers()
    var producers = graph.producers()
    var removed = Set<NodeID>()
    for (id, node) in graph.nodes.enumerated() {
        guard case .binary(let function, let activation) = node.operation, node.inputs.count == 2 else { continue }
        let constantFirst = graph.isConstant(node.inputs[0])
        let (computed, constant) = constantFirst ? (node.inputs[1], node.inputs[0]) : (node.inputs[0], node.inputs[1])
        guard let source = producers[computed], graph.onlyConsumer(of: computed, consumers) == id,
              graph.tensors[computed].shape == graph.tensors[node.outputs[0]].shape,
              let channels = graph.tensors[computed].shape.last, let values = graph.floatValues(constant),
              values.count == 1 || (values.count == channels && graph.tensors[constant].shape.last == channels) else { continue }
        let vector = values.count == 1 ? [Float](repeating: values[0], count: channels) : values
        let ones = [Float](repeating: 1, count: channels), zeros = [Float](repeating: 0, count: channels)
        let folded: Bool
        switch function {
        case .add: folded = graph.scaleResult(of: source, by: ones, adding: vector)
        case .subtract: folded = constantFirst
            ? graph.scaleResult(of: source, by: ones.map { -$0 }, adding: vector)
                : graph.scaleResult(of: source, by: ones, adding: vector.map { -$0 })
        case .multiply: folded = graph.scaleResult(of: source, by: vector, adding: zeros)
        case .divide:
            folded = !constantFirst && vector.allSatisfy { $0 != 0 }
                && graph.scaleResult(of: source, by: vector.map { 1 / $0 }, adding: zeros)
        default: folded = false
        }
        guard folded else { continue }
        graph.nodes[source].outputs[0] = node.outputs[0]
        graph.nodes[source].operation.activation = activation
        graph.nodes[source].fused.append("\(function)")
        producers[node.outputs[0]] = source
        removed.insert(id)
    }
    graph.removeNodes(removed)
}
