import Nest

/// x * sigmoid(x) is SiLU; x * relu6(x + 3) / 6 is left to importers, whose formats name hard swish.
@Sendable public func recognizeSiLU(_ graph: inout Graph) throws {
    let producers = graph.producers()
    let consumers = graph.consumers()
    var removed = Set<NodeID>()
    for (id, node) in graph.nodes.enumerated() {
        guard case .binary(.multiply, let activation) = node.operation, activation == .none, node.inputs.count == 2 else { continue }
        for (x, gate) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])] {
            guard let source = producers[gate], case .unary(.sigmoid, _, _) = graph.nodes[source].operation,
                  graph.nodes[source].inputs[0] == x,
                  graph.onlyConsumer(of: gate, consumers) == id else { continue }
            graph.nodes[id].operation = .unary(.silu, alpha: 0, beta: 0)
            graph.nodes[id].inputs = [x]
            removed.insert(source)
            break
        }
    }
    graph.removeNodes(removed)
}
