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
        let x = try value(node, 0), given = try value(node, 1)
        // The result has the base's type.
        guard x.constant?.integers == nil else { throw Failure(.unsupported, "powers of whole numbers") }
        guard let exponent = given.constant, exponent.count == 1, exponent.shape.count <= x.shape.count else {
            return try combine(node, .binary(.power, .none), x, given)
        }
        switch exponent.reals[0] {
        case 1: set(node, x)
        case 2: try combine(node, .binary(.multiply, .none), x, x)
        case 0.5: try unary(node, .squareRoot)
        case let other: try unary(node, .power, other)
        }
    }

    /// Bounds that are computed: the upper one has the last word.
    private mutating func clipByValues(_ node: ONNXNode) throws {
        var result = try value(node, 0)
        for (position, function) in [(1, BinaryFunction.maximum), (2, .minimum)] {
            guard let bound = try optional(node, position) else { continue }
            let (shape, inputs, isChannelsLast) = try operands([result, bound], [node.inputs[0], node.inputs[position]])
            let id = try append("\(node.name)/\(function)", .binary(function, .none), inputs)
            result = ONNXValue(shape: shape, id: id, isChannelsLast: isChannelsLast)
        }
        set(node, result)
    }

    mutating func clip(_ node: ONNXNode) throws {
        if try [1, 2].contains(where: { try optional(node, $0).map { $0.constant == nil } ?? false }) { return try clipByValues(node) }
        func bound(_ attribute: String, _ input: Int, _ none: Float) throws -> Float {
            if let attribute = node.attributes[attribute] { return attribute.float }
            guard try optional(node, input) != nil else { return none }
            guard let bound = try constant(node, input).reals.first else { throw Failure(.badFormat, "an empty bound") }
            return bound
        }
        let least = try bound("min", 1, -.infinity), high = try bound("max", 2, .infinity)
        guard !least.isNaN, !high.isNaN else { throw Failure(.badFormat, "a bound that is no number") }
        // The upper bound has the last word.
        let low = min(least, high)
        if low == 0, high == 6 { return try unary(node, .relu6) }
        try unary(node, low == 0 && high == .infinity ? .relu : .clip, low == 0 && high == .infinity ? 0 : low, low == 0
                  && high == .infinity ? 0 : high)
    }

    /// Two values that broadcast, combined in the layout of one of them.
    private mutating func combine(_ node: ONNXNode, _ operation: Operation, _ a: ONNXValue, _ b: ONNXValue) throws {
        let (shape, inputs, isChannelsLast) = try operands([a, b], node.inputs)
        set(node, ONNXValue(shape: shape, id: try append(node.name, operation, inputs), isChannelsLast: isChannelsLast))
    }

    /// All inputs of a node, which broadcast, brought to one layout, and the shape that they have together in ONNX's order.
    mutating func operands(_ node: ONNXNode) throws -> (shape: [Int], tensors: [TensorID], isChannelsLast: Bool) {
        try operands(node.inputs.indices.map { try value(node, $0) }, node.inputs)
    }

    private mutating func operands(_ parts: [ONNXValue], _ names: [String]) throws
        -> (shape: [Int], tensors: [TensorID], isChannelsLast: Bool) {
        let shape = try parts.dropFirst().reduce(parts[0].shape) { try ShapeRules.broadcast($0, $1.shape) }
        let isChannelsLast = parts.contains { $0.isChannelsLast && $0.shape.count == shape.count }
        let tensors = try zip(parts, names).map { try operand($0, $1, rank: shape.count, isChannelsLast: isChannelsLast) }
        return (shape, tensors, isChannelsLast)
    }

    private mutating func operand(_ value: ONNXValue, _ name: String, rank: Int, isChannelsLast: Bool) throws -> TensorID {
        guard isChannelsLast else {
            let id = try tensor(plain(value, name + "/plain"), name)
            if value.constant != nil { keepQuantization(id, of: name, from: -1, to: -1) }
            return id
        }
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
        let id = try addConstant(name, shape: order.map { full[$0] }, constant.gathered(places, shape: full).reals)
        keepQuantization(id, of: name, from: -1, to: -1)
        return id
    }

    mutating func pass(_ node: ONNXNode) throws {
        if node.operation == "Dropout", let training = try optional(node, 2), training.constant?.reals.first != 0 {
            throw Failure(.unsupported, "dropout in training mode")
        }
        guard node.outputs.dropFirst().allSatisfy(\.isEmpty) else { throw Failure(.unsupported, "a mask as second output") }
        set(node, try value(node, 0))
    }

    mutating func cast(_ node: ONNXNode) throws {
        let x = try value(node, 0), type = node.integer("to", 0), isReal = [1, 10, 11].contains(type)
        guard var constant = x.constant else { return try castComputed(node, x, to: type) }
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

    /// Computed whole numbers are int32, truth values and reals float32.
    private mutating func castComputed(_ node: ONNXNode, _ x: ONNXValue, to type: Int) throws {
        let isWhole = graph.tensors[x.id].type == .int32
        let id: TensorID
        switch type {
        case 1, 10, 11: id = isWhole ? try append(node.name, .quantize, [x.id], type: .float32) : x.id
        case 6, 7: id = isWhole ? x.id : try append(node.name, .quantize, [x.id], type: .int32)
        case 9:
            let real = isWhole ? try append(node.name + "/real", .quantize, [x.id], type: .float32) : x.id
            id = try negated(negated(real, node.name + "/isZero"), node.name)
        default: throw Failure(.unsupported, "computed values to element type \(type)")
        }
        set(node, ONNXValue(shape: x.shape, id: id, isChannelsLast: x.isChannelsLast))
    }

    /// x · tanh(softplus(x)).
    mutating func mish(_ node: ONNXNode) throws {
        let x = try value(node, 0), id = try tensor(x, node.name + "/constant")
        let soft = try append(node.name + "/softplus", .unary(.softplus, alpha: 0, beta: 0), [id])
        let gate = try append(node.name + "/gate", .unary(.tanh, alpha: 0, beta: 0), [soft])
        set(node, ONNXValue(shape: x.shape, id: try append(node.name, .binary(.multiply, .none), [id, gate]),
                            isChannelsLast: x.isChannelsLast))
    }

    /// Only the exact function.
    mutating func gelu(_ node: ONNXNode) throws {
        let way = node.text("approximate", "none")
        guard way == "none" else { throw Failure(.unsupported, "approximate '\(way.prefix(40))'") }
        try unary(node, .gelu)
    }
}
