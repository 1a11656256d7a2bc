import Nest
import Platform

/// Operators that change values and keep places.
extension ONNXImporter {
    mutating func unary(_ node: ONNXNode, _ function: UnaryFunction, _ alpha: Float = 0, _ beta: Float = 0) throws {
        let x = try value(node, 0), id = try tensor(x, node.name + "/constant")
        set(node, ONNXValue(shape: x.shape, id: try append(node.name, .unary(function, alpha: alpha, beta: beta), [id]),
                            isChannelsLast: x.isChannelsLast))
    }

    mutating func binary(_ node: ONNXNode, _ function: BinaryFunction) throws {
        guard node.inputs.count == 2 else { throw Failure(.unsupported, "\(node.inputs.count) inputs; two work") }
        try combine(node, .binary(function, .none), value(node, 0), value(node, 1))
    }

    /// x * sigmoid(x) is one function, SiLU.
    mutating func multiply(_ node: ONNXNode) throws {
        guard node.inputs.count == 2 else { throw Failure(.unsupported, "\(node.inputs.count) inputs; two work") }
        let a = try value(node, 0), b = try value(node, 1)
        for (x, y) in [(a, b), (b, a)] where isSigmoid(y.id, of: x.id) {
            return set(node, ONNXValue(shape: x.shape, id: try append(node.name, .unary(.silu, alpha: 0, beta: 0), [x.id]),
                                       isChannelsLast: x.isChannelsLast))
        }
        try combine(node, .binary(.multiply, .none), a, b)
    }

    private func isSigmoid(_ id: TensorID, of x: TensorID) -> Bool {
        guard x != -1, let index = producers[id], case .unary(.sigmoid, _, _) = graph.nodes[index].operation else { return false }
        return graph.nodes[index].inputs == [x]
    }

    mutating func power(_ node: ONNXNode) throws {
        let x = try value(node, 0), exponent = try constant(node, 1)
        guard exponent.count == 1, exponent.shape.count <= x.shape.count else {
            throw Failure(.unsupported, "an exponent of shape \(exponent.shape)")
        }
        switch exponent.reals[0] {
        case 1: set(node, x)
        case 2: try combine(node, .binary(.multiply, .none), x, x)
        case 0.5: try unary(node, .squareRoot)
        case let other: throw Failure(.unsupported, "the power \(other); 0.5, 1 and 2 work")
        }
    }

    mutating func clip(_ node: ONNXNode) throws {
        func bound(_ attribute: String, _ input: Int, _ none: Float) throws -> Float {
            if let attribute = node.attributes[attribute] { return attribute.float }
            guard try optional(node, input) != nil else { return none }
            guard let bound = try constant(node, input).reals.first else { throw Failure(.badFormat, "an empty bound") }
            return bound
        }
        let low = try bound("min", 1, -.infinity), high = try bound("max", 2, .infinity)
        guard !low.isNaN, !high.isNaN else { throw Failure(.badFormat, "a bound that is no number") }
        if low == 0, high == 6 { return try unary(node, .relu6) }
        try unary(node, low == 0 && high == .infinity ? .relu : .clip, low == 0 && high == .infinity ? 0 : low, low == 0
                  && high == .infinity ? 0 : high)
    }

    /// Two values that broadcast, brought to the same layout.
    private mutating func combine(_ node: ONNXNode, _ operation: Operation, _ a: ONNXValue, _ b: ONNXValue) throws {
        let shape = try ShapeRules.broadcast(a.shape, b.shape)
        let isChannelsLast = (a.isChannelsLast && a.shape.count == shape.count) || (b.isChannelsLast && b.shape.count == shape.count)
        let inputs = try zip([a, b], node.inputs).map { try operand($0, $1, rank: shape.count, isChannelsLast: isChannelsLast) }
        set(node, ONNXValue(shape: shape, id: try append(node.name, operation, inputs), isChannelsLast: isChannelsLast))
    }

    private mutating func operand(_ value: ONNXValue, _ name: String, rank: Int, isChannelsLast: Bool) throws -> TensorID {
        guard isChannelsLast else { return try tensor(plain(value, name + "/plain"), name) }
        if value.isChannelsLast, value.shape.count == rank { return value.id }
        let full = Array(repeating: 1, count: rank - value.shape.count) + value.shape
        guard let constant = value.constant, value.id == -1 else {
            let moved = try plain(value, name + "/plain")
            let id = moved.shape == full ? moved.id : try append(name + "/expanded", .reshape, [moved.id], declared: full)
            return try channelsLast(ONNXValue(shape: full, id: id, isChannelsLast: false), name + "/channels_last").id
        }
        try budget.charge(16 * constant.count)
        let order = ONNXValue.channelsLast(Array(full.indices)), strides = ONNXFolding.rowMajor(full)
        let places = ONNXFolding.walk(order.map { full[$0] }, offset: 0, strides: order.map { strides[$0] })
        return try addConstant(name, shape: order.map { full[$0] }, constant.gathered(places, shape: full).reals)
    }

    mutating func softmax(_ node: ONNXNode) throws {
        let x = try value(node, 0), rank = x.shape.count
        guard rank > 0 else { throw Failure(.badFormat, "softmax of a single number") }
        let axis = try positive(node.integer("axis", model.operatorSet < 13 ? 1 : -1), rank: rank)
        // Up to version 12 the operator ran over all axes from this one on.
        guard model.operatorSet >= 13 || x.shape[(axis + 1)...].allSatisfy({ $0 == 1 }) else {
            throw Failure(.unsupported, "a softmax over several axes")
        }
        let id = try tensor(x, node.name + "/constant")
        set(node, ONNXValue(shape: x.shape, id: try append(node.name, .softmax(axis: x.axis(axis), beta: 1), [id]),
                            isChannelsLast: x.isChannelsLast))
    }

    mutating func reduce(_ node: ONNXNode, sum: Bool) throws {
        let input = try value(node, 0), rank = input.shape.count
        let listed = try integers(node, attribute: "axes", input: 1) ?? []
        let keep = node.integer("keepdims", 1) != 0, leavesAll = node.integer("noop_with_empty_axes", 0) != 0
        if listed.isEmpty, leavesAll { return set(node, input) }
        let axes = try listed.isEmpty ? Array(0..<rank) : listed.map { try positive($0, rank: rank) }
        guard Set(axes).count == axes.count, !axes.isEmpty else { throw Failure(.badFormat, "axes \(axes)") }
        // Without the reduced axes the layout would no longer be one of the two, unless only the first two are left.
        let survives = keep || axes.sorted() == Array(2..<rank)
        let x = survives ? input : try plain(input, node.name + "/plain")
        let shape = input.shape.indices.compactMap { axes.contains($0) ? (keep ? 1 : nil) : input.shape[$0] }
        var id = try append(node.name, .mean(axes: axes.map(x.axis).sorted(), keepDimensions: keep), [tensor(x, node.name + "/constant")])
        if sum {
            let count = try addConstant(node.name + "/count", shape: [1], [Float(axes.reduce(1) { $0 * input.shape[$1] })])
            id = try append(node.name + "/sum", .binary(.multiply, .none), [id, count], declared: nil)
            if shape.isEmpty { id = try append(node.name + "/scalar", .reshape, [id], declared: []) }
        }
        set(node, ONNXValue(shape: shape, id: id, isChannelsLast: keep && x.isChannelsLast))
    }

    mutating func pass(_ node: ONNXNode) throws {
        guard node.outputs.dropFirst().allSatisfy(\.isEmpty) else { throw Failure(.unsupported, "a mask as second output") }
        set(node, try value(node, 0))
    }

    mutating func cast(_ node: ONNXNode) throws {
        let x = try value(node, 0), type = node.integer("to", 0), isReal = [1, 10, 11].contains(type)
        guard var constant = x.constant else {
            guard isReal else { throw Failure(.unsupported, "computed values to element type \(type)") }
            return set(node, x)
        }
        try budget.charge(8 * constant.count)
        if isReal {
            constant.elements = .floats(constant.reals)
        } else if type == 9 {
            constant.elements = .integers(constant.reals.map { $0 == 0 ? 0 : 1 })
        } else if let floats = constant.floats {
            constant.elements = .integers(try floats.map {
                guard let whole = Int(exactly: $0.rounded(.towardZero)) else { throw Failure(.badFormat, "\($0) as a whole number") }
                return whole
            })
        }
        set(node, ONNXValue(constant: constant))
    }
}
