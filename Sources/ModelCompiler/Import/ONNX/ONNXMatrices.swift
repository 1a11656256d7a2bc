import Nest
import Platform

/// Products of matrices, recurrent layers and branches.
extension ONNXImporter {
    mutating func gemm(_ node: ONNXNode) throws {
        let x = try plain(value(node, 0), node.name + "/plain"), weights = try constant(node, 1)
        guard node.float("alpha", 1) == 1, node.float("beta", 1) == 1, node.integer("transA", 0) == 0, x.shape.count == 2,
              weights.shape.count == 2,
              let floats = weights.floats, !floats.isEmpty else {
                  throw Failure(.unsupported, "factors, or weights that aren't a constant matrix")
              }
        let id = try matrix(node.inputs[1], floats, weights.shape, isTransposed: node.integer("transB", 0) != 0)
        let outputs = graph.tensors[id].shape[0]
        var bias: TensorID = -1
        if let given = try optional(node, 2) {
            guard let values = given.constant?.reals, values.count == outputs else {
                throw Failure(.unsupported, "a bias of shape \(given.shape)")
            }
            bias = try addConstant(node.inputs[2], shape: [outputs], values)
        }
        set(node, ONNXValue(shape: [x.shape[0], outputs], id: try append(node.name, .fullyConnected(.none),
                                                                         [tensor(x, node.inputs[0]), id, bias]), isChannelsLast: false))
    }

    mutating func matrixMultiply(_ node: ONNXNode) throws {
        let a = try plain(value(node, 0), node.name + "/plain_a"), b = try plain(value(node, 1), node.name + "/plain_b")
        if let floats = b.constant?.floats, b.shape.count == 2, !floats.isEmpty, let depth = a.shape.last, depth == b.shape[0] {
            let id = try matrix(node.inputs[1], floats, b.shape, isTransposed: false)
            let shape = a.shape.dropLast() + [b.shape[1]]
            return set(node, ONNXValue(shape: Array(shape), id: try append(node.name, .fullyConnected(.none),
                [tensor(a, node.inputs[0]), id, -1], declared: Array(shape)), isChannelsLast: false))
        }
        let id = try append(node.name, .matrixMultiply, [tensor(a, node.inputs[0]), tensor(b, node.inputs[1])])
        set(node, ONNXValue(shape: graph.tensors[id].shape, id: id, isChannelsLast: false))
    }

    /// A constant matrix as (outputs, inputs); `isTransposed`: it is that already.
    private mutating func matrix(_ name: String, _ values: [Float], _ shape: [Int], isTransposed: Bool) throws -> TensorID {
        if isTransposed { return try addConstant(name, shape: shape, values) }
        let (inputs, outputs) = (shape[0], shape[1])
        return try addConstant(name, shape: [outputs, inputs], (0..<values.count).map { values[$0 % inputs * outputs + $0 / inputs] })
    }

    /// GRU (3 gates) and LSTM (4), one direction.
    mutating func recurrent(_ node: ONNXNode, gates: Int) throws {
        guard node.text("direction", "forward") == "forward", node.integer("layout", 0) == 0, node.attributes["activations"] == nil,
              node.attributes["clip"] == nil,
              node.integer("input_forget", 0) == 0 else {
                  throw Failure(.unsupported, "only the forward direction with the usual functions works")
              }
        let x = try plain(value(node, 0), node.name + "/plain"), w = try constant(node, 1), r = try constant(node, 2)
        guard x.shape.count == 3, w.shape.count == 3, r.shape.count == 3, w.shape[0] == 1, r.shape[0] == 1, let hidden = r.shape.last,
              (1...1 << 16).contains(hidden),
              w.shape == [1, gates * hidden, x.shape[2]], r.shape == [1, gates * hidden, hidden] else {
                  throw Failure(.badFormat, "weights \(w.shape) and \(r.shape) for \(x.shape)")
              }
        guard try optional(node, 4) == nil, gates == 3 || node.inputs.count < 8 || node.inputs[7].isEmpty else {
            throw Failure(.unsupported, "lengths of sequences or peepholes")
        }
        var inputs = [try tensor(x, node.inputs[0]), try addConstant(node.inputs[1], shape: [gates * hidden, x.shape[2]], w.reals),
                      try addConstant(node.inputs[2], shape: [gates * hidden, hidden], r.reals), -1, -1]
        if try optional(node, 3) != nil {
            let bias = try constant(node, 3).reals
            guard bias.count == 2 * gates * hidden else { throw Failure(.badFormat, "a bias of \(bias.count) numbers for \(hidden) units") }
            inputs[3] = try addConstant(node.inputs[3] + "/input", shape: [gates * hidden], Array(bias[..<(gates * hidden)]))
            inputs[4] = try addConstant(node.inputs[3] + "/recurrent", shape: [gates * hidden], Array(bias[(gates * hidden)...]))
        }
        let batch = x.shape[1], states = gates == 3 ? 1 : 2
        for index in 0..<states {
            guard let given = try optional(node, 5 + index) else {
                inputs.append(-1)
                continue
            }
            let state = try plain(given, node.name + "/state")
            guard state.shape == [1, batch, hidden] else {
                throw Failure(.badFormat, "a state of shape \(state.shape) for \(hidden) units")
            }
            inputs.append(try append("\(node.name)/initial\(index)", .reshape, [tensor(state, node.inputs[5 + index])],
                                     declared: [batch, hidden]))
        }
        let layer = RecurrentLayer(hidden: hidden, resetAfterProduct: node.integer("linear_before_reset", 0) != 0)
        let operation = gates == 3 ? Operation.gru(layer) : .lstm(layer)
        let shapes = try ShapeRules.outputs(of: operation, inputs: inputs.map { $0 == -1 ? nil : graph.tensors[$0].shape }, declared: [])
        let ids = shapes.enumerated().map { index, shape in
            graph.addTensor(GraphTensor(name: "\(node.name)/\(["y", "h", "c"][index])", shape: shape, type: .float32))
        }
        graph.nodes.append(Node(name: node.name, operation: operation, inputs: inputs, outputs: ids))
        // ONNX has an axis for the direction in each output.
        let full = [[x.shape[0], 1, batch, hidden], [1, batch, hidden], [1, batch, hidden]]
        for (index, id) in ids.enumerated() where node.outputs.indices.contains(index) && !node.outputs[index].isEmpty {
            set(node, ONNXValue(shape: full[index], id: try append(node.outputs[index], .reshape, [id], declared: full[index]),
                                isChannelsLast: false), output: index)
        }
    }

    /// A branch whose condition is known takes the place of the node.
    mutating func branch(_ node: ONNXNode, depth: Int) throws {
        guard depth < 8 else { throw Failure(.unsupported, "branches nest more than 8 deep") }
        guard let condition = try value(node, 0).constant?.reals.first else {
            throw Failure(.unsupported, "a branch that depends on computed values")
        }
        guard let chosen = node.attributes[condition != 0 ? "then_branch" : "else_branch"]?.graph else {
            throw Failure(.badFormat, "a branch is absent")
        }
        try ONNXImporter.refuseMissing(chosen)
        try add(chosen.initializers)
        try run(chosen.nodes, depth: depth + 1)
        for (index, info) in chosen.outputs.enumerated() {
            guard let value = values[info.name] else {
                throw Failure(.badFormat, "the branch's output '\(info.name.prefix(80))' is never computed")
            }
            set(node, value, output: index)
        }
    }
}
