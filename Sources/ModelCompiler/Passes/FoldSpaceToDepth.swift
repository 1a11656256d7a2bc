import Nest

/// A convolution over an image whose pixels were dealt into channels (every second row and column, concatenated) reads
/// the image itself with a kernel and stride that many times larger: nothing need be moved.
@Sendable public func foldSpaceToDepth(_ graph: inout Graph) throws {
    try joinSlices(&graph)
    let producers = graph.producers()
    for id in graph.nodes.indices {
        let node = graph.nodes[id]
        guard case .convolution(let window, let activation) = node.operation, window.dilation == (1, 1), node.inputs.count >= 2,
              let source = producers[node.inputs[0]], case .concatenate(3, .none) = graph.nodes[source].operation,
              let dealt = dealing(graph, graph.nodes[source], producers), let weights = graph.tensors[node.inputs[1]].constant else {
                  continue
              }
        let (image, step, offsets) = dealt
        let shape = graph.tensors[node.inputs[1]].shape, channels = graph.tensors[image].shape[3]
        guard shape.count == 4, shape[3] == channels * offsets.count,
              graph.tensors[image].quantization == graph.tensors[node.inputs[0]].quantization,
              graph.tensors[node.inputs[1]].quantization?.axis ?? 0 == 0 else { continue }
        let (rows, columns) = (shape[1] * step, shape[2] * step)
        let size = graph.tensors[node.inputs[1]].type.size
        var spread = [UInt8](repeating: 0, count: weights.count)
        for o in 0..<shape[0] {
            for y in 0..<shape[1] {
                for x in 0..<shape[2] {
                    for (slot, offset) in offsets.enumerated() {
                        let from = (((o * shape[1] + y) * shape[2] + x) * shape[3] + slot * channels) * size
                        let to = (((o * rows + y * step + offset.0) * columns + x * step + offset.1) * channels) * size
                        spread.replaceSubrange(to..<to + channels * size, with: weights[from..<from + channels * size])
                    }
                }
            }
        }
        var tensor = graph.tensors[node.inputs[1]]
        tensor.shape = [shape[0], rows, columns, channels]
        tensor.constant = spread
        let pads = window.padding
        let wide = Window(kernel: (rows, columns), stride: (window.stride.0 * step, window.stride.1 * step),
                          padding: Padding(top: pads.top * step, left: pads.left * step, bottom: pads.bottom * step,
                                           right: pads.right * step))
        graph.nodes[id].operation = .convolution(wide, activation)
        graph.nodes[id].inputs[0] = image
        graph.nodes[id].inputs[1] = graph.addTensor(tensor)
        graph.nodes[id].fused.append("space to depth")
    }
    try removeDeadNodes(&graph)
}

/// The image, step and (row, column) offset of each part, if a concatenation deals all pixels of an image into channels.
private func dealing(_ graph: Graph, _ concatenation: Node, _ producers: [NodeID?])
    -> (image: TensorID, step: Int, offsets: [(Int, Int)])? {
    var image: TensorID?, step: Int?, offsets: [(Int, Int)] = []
    for input in concatenation.inputs {
        guard let source = producers[input], case .slice(let starts, let steps) = graph.nodes[source].operation, steps.count == 4,
              steps[0] == 1, steps[3] == 1, steps[1] == steps[2], steps[1] > 1, starts[0] == 0, starts[3] == 0 else { return nil }
        let from = graph.nodes[source].inputs[0]
        guard image == nil || image == from, step == nil || step == steps[1], starts[1] < steps[1], starts[2] < steps[1] else { return nil }
        let shape = graph.tensors[from].shape, part = graph.tensors[input].shape
        guard shape[1] == part[1] * steps[1], shape[2] == part[2] * steps[1], shape[3] == part[3], shape[0] == part[0] else { return nil }
        image = from
        step = steps[1]
        offsets.append((starts[1], starts[2]))
    }
    guard let image, let step, offsets.count == step * step, Set(offsets.map { $0.0 * step + $0.1 }).count == offsets.count else {
        return nil
    }
    return (image, step, offsets)
}

/// A slice of a slice is one slice.
@Sendable public func joinSlices(_ graph: inout Graph) throws {
    let producers = graph.producers()
    for id in graph.nodes.indices {
        guard case .slice(let starts, let steps) = graph.nodes[id].operation, let source = producers[graph.nodes[id].inputs[0]],
              source < id,
              case .slice(let firstStarts, let firstSteps) = graph.nodes[source].operation, starts.count == firstStarts.count else {
                  continue
              }
        graph.nodes[id].operation = .slice(starts: starts.indices.map { firstStarts[$0] + starts[$0] * firstSteps[$0] },
                                           steps: steps.indices.map { steps[$0] * firstSteps[$0] })
        graph.nodes[id].inputs[0] = graph.nodes[source].inputs[0]
    }
    try removeDeadNodes(&graph)
}
