import Nest

extension Graph {
    /// Drops the nodes that neither an output nor a state needs and the tensors that nothing mentions any more.
    mutating func removeUnused() {
        var needed = Set(outputs)
        var kept: [Node] = []
        for node in nodes.reversed() where node.outputs.contains(where: { needed.contains($0) || tensors[$0].isState }) {
            needed.formUnion(node.inputs)
            kept.append(node)
        }
        nodes = kept.reversed()
        needed.formUnion(inputs)
        for node in nodes { needed.formUnion(node.outputs) }
        var renamed: [TensorID: TensorID] = [-1: -1], remaining: [GraphTensor] = []
        for id in tensors.indices where needed.contains(id) {
            renamed[id] = remaining.count
            remaining.append(tensors[id])
        }
        tensors = remaining
        inputs = inputs.map { renamed[$0]! }
        outputs = outputs.map { renamed[$0]! }
        for index in nodes.indices {
            nodes[index].inputs = nodes[index].inputs.map { renamed[$0]! }
            nodes[index].outputs = nodes[index].outputs.map { renamed[$0]! }
        }
    }
}
