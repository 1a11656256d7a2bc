import Nest

/// Makes a graph for one input a graph for `batch` of them: the first axis of everything computed grows.
///
/// - Throws: a failure that names a node whose result depends on the first axis.
public func setBatch(_ graph: inout Graph, _ batch: Int) throws {
    for node in graph.nodes {
        let shape = node.outputs.first.map { graph.tensors[$0].shape } ?? []
        let mixes: Bool
        switch node.operation {
        case .concatenate(let axis, _), .softmax(let axis, _), .gather(let axis), .logSoftmax(let axis),
             .argumentMaximum(let axis, _):
            mixes = axis == 0
        case .mean(let axes, _), .reduceMaximum(let axes, _):
            mixes = axes.contains(0) || axes.contains(-graph.tensors[node.inputs[0]].shape.count)
        case .transpose(let permutation): mixes = permutation.first != 0
        case .detectionPostprocess, .gru, .lstm, .matrixMultiply, .readState, .writeState, .broadcast, .lookUp: mixes = true
        case .slice(let starts, _): mixes = starts.first != 0
        case .pad(let before, let after, _): mixes = before.first != 0 || after.first != 0
        default: mixes = false
        }
        let computed = (node.inputs + node.outputs).filter { $0 >= 0 && graph.tensors[$0].constant == nil }
        if mixes || computed.contains(where: { graph.tensors[$0].shape.first != 1 || graph.tensors[$0].isState }) {
            throw graph.failure(node, "can't be repeated for a batch of \(batch): its shape \(shape) mixes images or doesn't start with 1")
        }
    }
    for id in graph.tensors.indices where graph.tensors[id].constant == nil && graph.tensors[id].shape.first == 1 {
        graph.tensors[id].shape[0] = batch
    }
}
