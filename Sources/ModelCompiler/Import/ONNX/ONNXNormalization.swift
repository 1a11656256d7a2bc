import Nest
import Platform

/// Normalisations by mean and variance of what is computed.
extension ONNXImporter {
    /// Over the last axes, from `axis` on; scale and bias broadcast.
    mutating func layerNormalization(_ node: ONNXNode) throws {
        guard node.outputs.dropFirst().allSatisfy(\.isEmpty) else { throw Failure(.unsupported, "mean and deviation as outputs") }
        let x = try plain(value(node, 0), node.name + "/plain"), rank = x.shape.count
        let axis = try positive(node.integer("axis", -1), rank: rank)
        var y = try normalized(tensor(x, node.name + "/constant"), axes: Array(axis..<rank), node)
        for (index, function) in [(1, BinaryFunction.multiply), (2, .add)] {
            guard let parameter = try optional(node, index) else { continue }
            let id = try tensor(plain(parameter, node.inputs[index] + "/plain"), node.inputs[index])
            y = try append("\(node.name)/\(function)", .binary(function, .none), [y, id])
        }
        set(node, ONNXValue(shape: x.shape, id: y, isChannelsLast: false))
    }

    /// Over height and width of each channel; a scale and bias each.
    mutating func instanceNormalization(_ node: ONNXNode) throws {
        let x = try channelsLast(value(node, 0), node.name + "/channels_last"), rank = x.shape.count
        guard rank >= 3 else { throw Failure(.badFormat, "instances of \(x.shape)") }
        var y = try normalized(x.id, axes: Array(1..<rank - 1), node)
        for (index, function) in [(1, BinaryFunction.multiply), (2, .add)] {
            let parameter = try constant(node, index)
            guard parameter.shape == [x.shape[1]] else { throw Failure(.badFormat, "\(parameter.shape) for \(x.shape)") }
            let id = try addConstant(node.inputs[index], shape: parameter.shape, parameter.reals)
            y = try append("\(node.name)/\(function)", .binary(function, .none), [y, id])
        }
        set(node, ONNXValue(shape: x.shape, id: y, isChannelsLast: true))
    }

    private mutating func normalized(_ x: TensorID, axes: [Int], _ node: ONNXNode) throws -> TensorID {
        let name = node.name, mean = try reduced(x, axes, .mean, name + "/mean")
        let distance = try append(name + "/distance", .binary(.subtract, .none), [x, mean])
        let square = try append(name + "/square", .binary(.multiply, .none), [distance, distance])
        let epsilon = try addConstant(name + "/epsilon", shape: [], [node.float("epsilon", 1e-5)])
        let variance = try append(name + "/variance", .binary(.add, .none), [reduced(square, axes, .mean, name + "/squares"), epsilon])
        let factor = try append(name + "/factor", .unary(.reciprocalSquareRoot, alpha: 0, beta: 0), [variance])
        return try append(name + "/normalised", .binary(.multiply, .none), [distance, factor])
    }
}
