import Nest
import Platform

/// Comparisons, logic and choices. A truth value is a real number here, 1 or 0.
extension ONNXImporter {
    /// - Parameter swapped: b compared with a.
    mutating func compare(_ node: ONNXNode, _ function: BinaryFunction, swapped: Bool = false) throws {
        let (shape, given, isChannelsLast) = try operands(node)
        // Whole numbers are compared as real ones; those of a model's inputs are small.
        let inputs = try given.enumerated().map { index, id in
            try graph.tensors[id].type == .int32 ? append("\(node.name)/real\(index)", .quantize, [id], type: .float32) : id
        }
        let id = try append(node.name, .binary(function, .none), swapped ? inputs.reversed() : inputs)
        set(node, ONNXValue(shape: shape, id: id, isChannelsLast: isChannelsLast))
    }

    mutating func not(_ node: ONNXNode) throws {
        let x = try value(node, 0), id = try tensor(x, node.name + "/constant")
        set(node, ONNXValue(shape: x.shape, id: try negated(id, node.name), isChannelsLast: x.isChannelsLast))
    }

    /// 1 where the value is 0, else 0.
    mutating func negated(_ id: TensorID, _ name: String) throws -> TensorID {
        let zero = try addConstant(name + "/zero", shape: [], [0])
        return try append(name, .binary(.equal, .none), [id, zero])
    }

    /// Where: condition, a, b.
    mutating func select(_ node: ONNXNode) throws {
        guard node.inputs.count == 3 else { throw Failure(.badFormat, "\(node.inputs.count) inputs") }
        let (shape, inputs, isChannelsLast) = try operands(node)
        let full = isChannelsLast ? ONNXValue.channelsLast(shape) : shape
        let repeated = try inputs.enumerated().map { index, id in
            try graph.tensors[id].shape == full ? id : append("\(node.name)/repeated\(index)", .broadcast, [id], declared: full)
        }
        set(node, ONNXValue(shape: shape, id: try append(node.name, .select, repeated), isChannelsLast: isChannelsLast))
    }

    /// One operator over any number of values, from left to right; `scaled`: their mean.
    mutating func accumulate(_ node: ONNXNode, _ function: BinaryFunction, scaled: Bool = false) throws {
        guard node.inputs.count > 1 else { return set(node, try value(node, 0)) }
        let (shape, inputs, isChannelsLast) = try operands(node)
        var id = inputs[0]
        for (index, other) in inputs.dropFirst().enumerated() {
            id = try append("\(node.name)/\(index)", .binary(function, .none), [id, other])
        }
        if scaled {
            let count = try addConstant(node.name + "/count", shape: [], [Float(inputs.count)])
            id = try append(node.name + "/mean", .binary(.divide, .none), [id, count])
        }
        set(node, ONNXValue(shape: shape, id: id, isChannelsLast: isChannelsLast))
    }

    /// The indices of the maxima, or minima, along an axis: whole numbers, int32.
    mutating func argumentMaximum(_ node: ONNXNode, ofMinimum: Bool) throws {
        let x = try plain(value(node, 0), node.name + "/plain"), axis = try positive(node.integer("axis", 0), rank: x.shape.count)
        let keep = node.integer("keepdims", 1) != 0
        var id = try tensor(x, node.name + "/constant")
        if ofMinimum { id = try append(node.name + "/negative", .unary(.negate, alpha: 0, beta: 0), [id]) }
        let y = try append(node.name, .argumentMaximum(axis: axis, keepDimensions: keep), [id])
        set(node, ONNXValue(shape: graph.tensors[y].shape, id: y, isChannelsLast: false))
    }
}
