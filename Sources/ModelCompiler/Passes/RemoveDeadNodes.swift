/// Removes nodes whose results nothing reads.
@Sendable public func removeDeadNodes(_ graph: inout Graph) throws {
    var needed = Set(graph.outputs), dead = Set<NodeID>()
    for (id, node) in graph.nodes.enumerated().reversed() {
        // A node that writes state has an effect beyond its outputs.
        let isNeeded = node.outputs.contains { $0 >= 0 && (needed.contains($0) || graph.tensors[$0].isState) }
        if isNeeded { needed.formUnion(node.inputs.filter { $0 >= 0 }) } else { dead.insert(id) }
    }
    graph.removeNodes(dead)
}
