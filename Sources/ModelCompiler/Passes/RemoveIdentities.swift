import Nest

/// Removes steps that change nothing: a quantisation to the same scale, a reshape to the same shape, a transpose that
/// permutes nothing, padding by nothing, a concatenation of one tensor.
@Sendable public func removeIdentities(_ graph: inout Graph) throws {
    var removed = Set<NodeID>()
    var replacement: [TensorID: TensorID] = [:]
    for id in graph.nodes.indices {
        graph.nodes[id].inputs = graph.nodes[id].inputs.map { replacement[$0] ?? $0 }
        let node = graph.nodes[id]
        guard let input = node.inputs.first, let output = node.outputs.first, input >= 0, output >= 0, isIdentity(node, graph) else {
            continue
        }
        if graph.outputs.contains(output) {
            // The output keeps its name; whoever made the input makes the output instead.
            guard !graph.inputs.contains(input), !graph.outputs.contains(input), graph.tensors[input].constant == nil,
                  !graph.tensors[input].isState,
                  let producer = graph.nodes[..<id].lastIndex(where: { $0.outputs.contains(input) }) else { continue }
            graph.nodes[producer].outputs = graph.nodes[producer].outputs.map { $0 == input ? output : $0 }
            for other in graph.nodes.indices where other != id {
                graph.nodes[other].inputs = graph.nodes[other].inputs.map { $0 == input ? output : $0 }
            }
            for (key, value) in replacement where value == input { replacement[key] = output }
            replacement[input] = output
        } else {
            replacement[output] = input
        }
        removed.insert(id)
    }
    graph.removeNodes(removed)
}

private func isIdentity(_ node: Node, _ graph: Graph) -> Bool {
    let input = graph.tensors[node.inputs[0]], output = graph.tensors[node.outputs[0]]
    guard input.type == output.type, input.shape == output.shape, input.quantization == output.quantization else { return false }
    switch node.operation {
    case .quantize, .reshape: return true
    case .transpose(let permutation): return permutation == Array(permutation.indices)
    case .pad(let before, let after, _): return (before + after).allSatisfy { $0 == 0 }
    case .concatenate(_, .none): return node.inputs.count == 1
    case .slice(let starts, let steps): return starts.allSatisfy { $0 == 0 } && steps.allSatisfy { $0 == 1 }
    default: return false
    }
}
