import Nest
import Platform

/// GRU (3 gates) and LSTM (4), in either direction or both.
extension ONNXImporter {
    mutating func recurrent(_ node: ONNXNode, gates: Int) throws {
        let direction = node.text("direction", "forward"), directions = direction == "bidirectional" ? 2 : 1
        guard ["forward", "reverse", "bidirectional"].contains(direction), node.integer("layout", 0) == 0,
              node.attributes["activations"] == nil, node.attributes["clip"] == nil, node.integer("input_forget", 0) == 0 else {
            throw Failure(.unsupported, "only the usual functions work, with time as first axis and without clipping")
        }
        let x = try plain(value(node, 0), node.name + "/plain"), r = try constant(node, 2), w = try constant(node, 1)
        guard x.shape.count == 3, r.shape.count == 3, let hidden = r.shape.last, (1...1 << 16).contains(hidden),
              w.shape == [directions, gates * hidden, x.shape[2]], r.shape == [directions, gates * hidden, hidden] else {
            throw Failure(.badFormat, "weights \(w.shape) and \(r.shape) for \(x.shape)")
        }
        guard try optional(node, 4) == nil, gates == 3 || node.inputs.count < 8 || node.inputs[7].isEmpty else {
            throw Failure(.unsupported, "lengths of sequences or peepholes")
        }
        let source = try tensor(x, node.inputs[0]), batch = x.shape[1], states = gates == 3 ? 1 : 2
        let results = try (0..<directions).map { index in
            try layer(node, source, gates: gates, hidden: hidden, index: index, of: directions,
                      isReverse: direction == "reverse" || index == 1)
        }
        // ONNX has an axis for the direction in each output.
        for output in 0...states where node.outputs.indices.contains(output) && !node.outputs[output].isEmpty {
            let axis = output == 0 ? 1 : 0, one = output == 0 ? [x.shape[0], 1, batch, hidden] : [1, batch, hidden]
            let parts = try results.enumerated().map { try append("\(node.outputs[output])/\($0)", .reshape, [$1[output]], declared: one) }
            let id = parts.count == 1 ? parts[0] : try append(node.outputs[output], .concatenate(axis: axis, .none), parts)
            set(node, ONNXValue(shape: graph.tensors[id].shape, id: id, isChannelsLast: false), output: output)
        }
    }

    /// One direction: its outputs (time, batch, hidden), final h and, for LSTM, final c. A reverse one reads and writes time
    /// backwards.
    private mutating func layer(_ node: ONNXNode, _ x: TensorID, gates: Int, hidden: Int, index: Int, of directions: Int, isReverse: Bool)
        throws -> [TensorID] {
        let shape = graph.tensors[x].shape, batch = shape[1], name = directions == 1 ? node.name : "\(node.name)/direction\(index)"
        func part(_ constant: ONNXConstant) -> [Float] {
            let size = constant.count / directions
            return Array(constant.reals[index * size..<(index + 1) * size])
        }
        var inputs = [isReverse ? try backwards(x, name + "/backwards") : x,
                      try addConstant(node.inputs[1], shape: [gates * hidden, shape[2]], part(constant(node, 1))),
                      try addConstant(node.inputs[2], shape: [gates * hidden, hidden], part(constant(node, 2))), -1, -1]
        if try optional(node, 3) != nil {
            let whole = try constant(node, 3)
            guard whole.count == directions * 2 * gates * hidden else {
                throw Failure(.badFormat, "a bias of \(whole.count) numbers for \(hidden) units")
            }
            let bias = part(whole)
            inputs[3] = try addConstant(node.inputs[3] + "/input", shape: [gates * hidden], Array(bias[..<(gates * hidden)]))
            inputs[4] = try addConstant(node.inputs[3] + "/recurrent", shape: [gates * hidden], Array(bias[(gates * hidden)...]))
        }
        for state in 0..<(gates == 3 ? 1 : 2) { inputs.append(try initial(node, state, [directions, batch, hidden], index, name)) }
        let layer = RecurrentLayer(hidden: hidden, resetAfterProduct: node.integer("linear_before_reset", 0) != 0)
        let operation = gates == 3 ? Operation.gru(layer) : .lstm(layer)
        let shapes = try ShapeRules.outputs(of: operation, inputs: inputs.map { $0 == -1 ? nil : graph.tensors[$0].shape }, declared: [])
        var ids = shapes.enumerated().map { index, shape in
            graph.addTensor(GraphTensor(name: "\(name)/\(["y", "h", "c"][index])", shape: shape, type: .float32))
        }
        graph.nodes.append(Node(name: name, operation: operation, inputs: inputs, outputs: ids))
        if isReverse { ids[0] = try backwards(ids[0], name + "/forwards") }
        return ids
    }

    /// The initial state of a direction, -1 where there is none.
    private mutating func initial(_ node: ONNXNode, _ state: Int, _ shape: [Int], _ index: Int, _ name: String) throws -> TensorID {
        guard let given = try optional(node, 5 + state) else { return -1 }
        let value = try plain(given, name + "/state")
        guard value.shape == shape else { throw Failure(.badFormat, "a state of shape \(value.shape) for \(shape[2]) units") }
        var id = try tensor(value, node.inputs[5 + state])
        if shape[0] > 1 {
            id = try append("\(name)/state\(state)", .slice(starts: [index, 0, 0], steps: [1, 1, 1]), [id],
                            declared: [1, shape[1], shape[2]])
        }
        return try append("\(name)/initial\(state)", .reshape, [id], declared: [shape[1], shape[2]])
    }

    private mutating func backwards(_ id: TensorID, _ name: String) throws -> TensorID {
        let shape = graph.tensors[id].shape
        guard shape[0] > 1 else { return id }
        return try append(name, .slice(starts: [shape[0] - 1, 0, 0], steps: [-1, 1, 1]), [id], declared: shape)
    }
}
