import Nest
import Platform

/// Products of matrices, and branches.
extension ONNXImporter {
    /// alpha · A · B + beta · C, either matrix transposed.
    mutating func gemm(_ node: ONNXNode) throws {
        var x = try plain(value(node, 0), node.name + "/plain")
        let b = try plain(value(node, 1), node.name + "/plain_b"), alpha = node.float("alpha", 1), beta = node.float("beta", 1)
        guard x.shape.count == 2, b.shape.count == 2 else { throw Failure(.badFormat, "matrices \(x.shape) and \(b.shape)") }
        if node.integer("transA", 0) != 0 { x = try turned(x, node.name + "/turned_a") }
        let isTurned = node.integer("transB", 0) != 0
        let source = try tensor(x, node.inputs[0])
        guard let floats = b.constant?.floats, !floats.isEmpty else {
            let right = try isTurned ? turned(b, node.name + "/turned_b") : b
            var id = try append(node.name, .matrixMultiply, [source, right.id])
            if alpha != 1 {
                let factor = try addConstant(node.name + "/alpha", shape: [], [alpha])
                id = try append(node.name + "/scaled", .binary(.multiply, .none), [id, factor])
            }
            return try addBias(node, id, beta, [x.shape[0], right.shape[1]])
        }
        let id = try matrix(node.inputs[1], alpha == 1 ? floats : floats.map { $0 * alpha }, b.shape, isTransposed: isTurned)
        let outputs = graph.tensors[id].shape[0], shape = [x.shape[0], outputs]
        if alpha == 1 { keepQuantization(id, of: node.inputs[1], from: isTurned ? 0 : 1, to: 0) }
        guard x.shape[1] == graph.tensors[id].shape[1] else { throw Failure(.badFormat, "matrices \(x.shape) and \(b.shape)") }
        // A bias for each column belongs to the weights; others are added behind them.
        let bias = try optional(node, 2)?.constant
        guard let bias, [outputs, 1].contains(bias.count), bias.shape.last ?? 1 == bias.count else {
            return try addBias(node, append(node.name, .fullyConnected(.none), [source, id, -1]), beta, shape)
        }
        let values = (0..<outputs).map { bias.reals[bias.count == 1 ? 0 : $0] * beta }
        let own = try addConstant(node.inputs[2], shape: [outputs], values)
        set(node, ONNXValue(shape: shape, id: try append(node.name, .fullyConnected(.none), [source, id, own]), isChannelsLast: false))
    }

    private mutating func addBias(_ node: ONNXNode, _ id: TensorID, _ beta: Float, _ shape: [Int]) throws {
        var result = id
        if let given = try optional(node, 2) {
            var bias = try tensor(plain(given, node.name + "/plain_c"), node.inputs[2])
            if beta != 1 {
                let factor = try addConstant(node.name + "/beta", shape: [], [beta])
                bias = try append(node.name + "/scaled_c", .binary(.multiply, .none), [bias, factor])
            }
            result = try append(node.name + "/sum", .binary(.add, .none), [id, bias])
        }
        set(node, ONNXValue(shape: shape, id: result, isChannelsLast: false))
    }

    private mutating func turned(_ x: ONNXValue, _ name: String) throws -> ONNXValue {
        let id = try append(name, .transpose(permutation: [1, 0]), [tensor(x, name)])
        return ONNXValue(shape: graph.tensors[id].shape, id: id, isChannelsLast: false)
    }

    /// Of tensors of matrices; a vector is a row on the left and a column on the right, which the result loses again.
    mutating func matrixMultiply(_ node: ONNXNode) throws {
        let a = try plain(value(node, 0), node.name + "/plain_a"), b = try plain(value(node, 1), node.name + "/plain_b")
        if let floats = b.constant?.floats, b.shape.count == 2, !floats.isEmpty, let depth = a.shape.last, depth == b.shape[0] {
            let id = try matrix(node.inputs[1], floats, b.shape, isTransposed: false)
            keepQuantization(id, of: node.inputs[1], from: 1, to: 0)
            let shape = a.shape.dropLast() + [b.shape[1]]
            return set(node, ONNXValue(shape: Array(shape), id: try append(node.name, .fullyConnected(.none),
                [tensor(a, node.inputs[0]), id, -1], declared: Array(shape)), isChannelsLast: false))
        }
        var left = try tensor(a, node.inputs[0]), right = try tensor(b, node.inputs[1])
        if a.shape.count == 1 { left = try append(node.name + "/row", .reshape, [left], declared: [1] + a.shape) }
        if b.shape.count == 1 { right = try append(node.name + "/column", .reshape, [right], declared: b.shape + [1]) }
        var id = try append(node.name, .matrixMultiply, [left, right])
        var shape = graph.tensors[id].shape
        if b.shape.count == 1 { shape.removeLast() }
        if a.shape.count == 1 { shape.remove(at: shape.count - (b.shape.count == 1 ? 1 : 2)) }
        if shape != graph.tensors[id].shape { id = try append(node.name + "/vector", .reshape, [id], declared: shape) }
        set(node, ONNXValue(shape: shape, id: id, isChannelsLast: false))
    }

    /// A constant matrix as (outputs, inputs); `isTransposed`: it is that already.
    private mutating func matrix(_ name: String, _ values: [Float], _ shape: [Int], isTransposed: Bool) throws -> TensorID {
        if isTransposed { return try addConstant(name, shape: shape, values) }
        let (inputs, outputs) = (shape[0], shape[1])
        return try addConstant(name, shape: [outputs, inputs], (0..<values.count).map { values[$0 % inputs * outputs + $0 / inputs] })
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
