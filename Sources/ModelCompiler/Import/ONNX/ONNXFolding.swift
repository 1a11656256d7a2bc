import Platform

/// Operators computed at import where their inputs are constant: shape arithmetic, and slices of weights.
enum ONNXFolding {
    /// Those that have no meaning but on constants and shapes.
    static let operations: Set<String> = ["Constant", "ConstantOfShape", "Shape", "Size", "Range"]

    static func binary(_ operation: String, _ a: ONNXConstant, _ b: ONNXConstant, budget: ImportBudget) throws -> ONNXConstant? {
        let shape = try ShapeRules.broadcast(a.shape, b.shape)
        let count = try Limits.elements(shape, of: operation)
        try budget.charge(24 * count)
        let left = a.gathered(places(a.shape, in: shape), shape: shape), right = b.gathered(places(b.shape, in: shape), shape: shape)
        if let x = left.integers, let y = right.integers {
            return try ONNXConstant(shape: shape, .integers(zip(x, y).map { try integer(operation, $0, $1) }))
        }
        let pairs = zip(left.reals, right.reals)
        switch operation {
        case "Add": return ONNXConstant(shape: shape, .floats(pairs.map { $0 + $1 }))
        case "Sub": return ONNXConstant(shape: shape, .floats(pairs.map { $0 - $1 }))
        case "Mul": return ONNXConstant(shape: shape, .floats(pairs.map { $0 * $1 }))
        case "Div": return ONNXConstant(shape: shape, .floats(pairs.map { $0 / $1 }))
        case "Equal": return ONNXConstant(shape: shape, .integers(pairs.map { $0 == $1 ? 1 : 0 }))
        default: return nil
        }
    }

    private static func integer(_ operation: String, _ a: Int, _ b: Int) throws -> Int {
        let (value, overflow) = switch operation {
        case "Add": a.addingReportingOverflow(b)
        case "Sub": a.subtractingReportingOverflow(b)
        case "Mul": a.multipliedReportingOverflow(by: b)
        case "Div": a.dividedReportingOverflow(by: b)
        case "Less": (a < b ? 1 : 0, false)
        case "LessOrEqual": (a <= b ? 1 : 0, false)
        case "Greater": (a > b ? 1 : 0, false)
        case "GreaterOrEqual": (a >= b ? 1 : 0, false)
        default: (a == b ? 1 : 0, false)
        }
        guard !overflow else { throw Failure(.badFormat, "\(operation) of \(a) and \(b) has no value") }
        return value
    }

    /// Of whole numbers: a where the condition isn't 0, else b. Nil for others, which are left to the program.
    static func select(_ condition: ONNXConstant, _ a: ONNXConstant, _ b: ONNXConstant, budget: ImportBudget) throws -> ONNXConstant? {
        guard let chosen = condition.integers, let x = a.integers, let y = b.integers, !chosen.isEmpty, !x.isEmpty, !y.isEmpty else {
            return nil
        }
        let shape = try ShapeRules.broadcast(condition.shape, ShapeRules.broadcast(a.shape, b.shape))
        try budget.charge(32 * Limits.elements(shape, of: "Where"))
        let (i, j, k) = (places(condition.shape, in: shape), places(a.shape, in: shape), places(b.shape, in: shape))
        return ONNXConstant(shape: shape, .integers(i.indices.map { chosen[i[$0]] != 0 ? x[j[$0]] : y[k[$0]] }))
    }

    /// For each element of `shape`, the place of the element that broadcasting reads.
    private static func places(_ small: [Int], in shape: [Int]) -> [Int] {
        let full = Array(repeating: 1, count: shape.count - small.count) + small
        let strides = rowMajor(full)
        return walk(shape, offset: 0, strides: full.indices.map { full[$0] == 1 ? 0 : strides[$0] })
    }

    static func rowMajor(_ shape: [Int]) -> [Int] { shape.indices.map { shape[($0 + 1)...].reduce(1, *) } }

    /// The places that one stride an axis visits, in the row-major order of `shape`.
    static func walk(_ shape: [Int], offset: Int, strides: [Int]) -> [Int] {
        var places: [Int] = [], counter = shape.map { _ in 0 }, place = offset
        let count = shape.reduce(1, *)
        places.reserveCapacity(count)
        for _ in 0..<count {
            places.append(place)
            for axis in shape.indices.reversed() {
                counter[axis] += 1
                place += strides[axis]
                if counter[axis] < shape[axis] { break }
                place -= counter[axis] * strides[axis]
                counter[axis] = 0
            }
        }
        return places
    }
}

extension ONNXImporter {
    /// Computes the node now if it can be; otherwise false.
    mutating func fold(_ node: ONNXNode) throws -> Bool {
        switch node.operation {
        case "Constant": return try foldConstant(node)
        case "Shape", "Size":
            let shape = try value(node, 0).shape
            if node.operation == "Size" {
                let count = shape.contains(0) ? 0 : try Limits.elements(shape, of: node.name)
                set(node, ONNXValue(constant: ONNXConstant(shape: [], .integers([count]))))
            } else {
                let start = clamped(node.integer("start", 0), shape.count), end = clamped(node.integer("end", shape.count), shape.count)
                set(node, ONNXValue(constant: ONNXConstant(shape: [max(0, end - start)],
                                                           .integers(start < end ? Array(shape[start..<end]) : []))))
            }
            return true
        case "ConstantOfShape":
            guard let shape = try value(node, 0).constant?.integers else { return false }
            let fill = try node.attributes["value"]?.tensor.map { try ONNXConstant($0, reader: reader, budget: budget) }
            let count = shape.contains(0) ? 0 : try Limits.elements(shape, of: node.name)
            try budget.charge(8 * count)
            let kept = count == 0 ? [0] : shape
            if let integer = fill?.integers?.first {
                set(node, ONNXValue(constant: ONNXConstant(shape: kept, .integers(Array(repeating: integer, count: count)))))
            } else {
                set(node, ONNXValue(constant: ONNXConstant(shape: kept, .floats(Array(repeating: fill?.floats?.first ?? 0, count: count)))))
            }
            return true
        case "Where":
            guard let condition = try value(node, 0).constant, let a = try value(node, 1).constant, let b = try value(node, 2).constant,
                  let chosen = try ONNXFolding.select(condition, a, b, budget: budget) else { return false }
            set(node, ONNXValue(constant: chosen))
            return true
        case "Add", "Sub", "Mul", "Div", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual":
            guard node.inputs.count == 2, let a = try value(node, 0).constant, let b = try value(node, 1).constant, a.count > 0,
                  b.count > 0,
                  let result = try ONNXFolding.binary(node.operation, a, b, budget: budget) else { return false }
            set(node, ONNXValue(constant: result))
            return true
        case "Not":
            guard let list = try value(node, 0).constant?.integers else { return false }
            set(node, ONNXValue(constant: ONNXConstant(shape: try value(node, 0).shape, .integers(list.map { $0 == 0 ? 1 : 0 }))))
            return true
        case "Range":
            guard let start = try constant(node, 0).integers?.first, let limit = try constant(node, 1).integers?.first,
                  let step = try constant(node, 2).integers?.first, step != 0,
                      [start, limit, step].allSatisfy({ (-1 << 31..<1 << 31).contains($0) }) else {
                      return false
                  }
            let count = max(0, (limit - start + step - step.signum()) / step)
            try budget.charge(8 * count)
            set(node, ONNXValue(constant: ONNXConstant(shape: [count], .integers((0..<count).map { start + $0 * step }))))
            return true
        case "Concat": return try foldConcatenation(node)
        case "Gather": return try foldGather(node)
        default: return false
        }
    }

    private func clamped(_ position: Int, _ count: Int) -> Int { min(max(position < 0 ? position &+ count : position, 0), count) }

    private mutating func foldConstant(_ node: ONNXNode) throws -> Bool {
        if let tensor = node.attributes["value"]?.tensor {
            set(node, ONNXValue(constant: try ONNXConstant(tensor, reader: reader, budget: budget)))
        } else if let attribute = node.attributes["value_float"] {
            set(node, ONNXValue(constant: ONNXConstant(shape: [], .floats([attribute.float]))))
        } else if let attribute = node.attributes["value_int"] {
            set(node, ONNXValue(constant: ONNXConstant(shape: [], .integers([attribute.integer]))))
        } else if let attribute = node.attributes["value_ints"] {
            set(node, ONNXValue(constant: ONNXConstant(shape: [attribute.integers.count], .integers(attribute.integers))))
        } else if let attribute = node.attributes["value_floats"] {
            set(node, ONNXValue(constant: ONNXConstant(shape: [attribute.floats.count], .floats(attribute.floats))))
        } else {
            throw Failure(.unsupported, "a constant without numbers can't be imported")
        }
        return true
    }

    private mutating func foldConcatenation(_ node: ONNXNode) throws -> Bool {
        _ = node.attributes["axis"]
        let parts = try node.inputs.indices.compactMap { try value(node, $0).constant }
        guard parts.count == node.inputs.count, let first = parts.first else { return false }
        let full = parts.filter { $0.count > 0 }
        guard full.count > 1 else {
            set(node, ONNXValue(constant: full.first ?? first))
            return true
        }
        let axis = try positive(node.integer("axis", 0), rank: full[0].shape.count)
        let shape = try ShapeRules.outputs(of: .concatenate(axis: axis, .none), inputs: full.map(\.shape), declared: [])[0]
        try budget.charge(16 * full.reduce(0) { $0 + $1.count })
        let outer = shape[..<axis].reduce(1, *)
        func joined<T>(_ lists: [[T]]) -> [T] {
            (0..<outer).flatMap { row in lists.flatMap { $0[row * ($0.count / outer)..<(row + 1) * ($0.count / outer)] } }
        }
        let integers = full.compactMap(\.integers)
        let elements: ONNXConstant.Elements = integers.count == full.count ? .integers(joined(integers))
            : .floats(joined(full.map(\.reals)))
        set(node, ONNXValue(constant: ONNXConstant(shape: shape, elements)))
        return true
    }

    private mutating func foldGather(_ node: ONNXNode) throws -> Bool {
        guard let data = try value(node, 0).constant, let indices = try value(node, 1).constant, let list = indices.integers,
              data.count > 0, indices.count > 0 else { return false }
        let axis = try positive(node.integer("axis", 0), rank: data.shape.count)
        let size = data.shape[axis], inner = data.shape[(axis + 1)...].reduce(1, *), outer = data.shape[..<axis].reduce(1, *)
        let shape = Array(data.shape[..<axis]) + indices.shape + data.shape[(axis + 1)...]
        let count = try Limits.elements(shape, of: node.name)
        try budget.charge(16 * count)
        let chosen = try list.map { try positive($0, rank: size) }
        let places = (0..<outer).flatMap { row in chosen.flatMap { index in (0..<inner).map { (row * size + index) * inner + $0 } } }
        set(node, ONNXValue(constant: data.gathered(places, shape: shape)))
        return true
    }
}
