import Nest
import Platform

/// Operators that move values and keep them. On constants they compute at once.
extension ONNXImporter {
    mutating func concatenate(_ node: ONNXNode) throws {
        let parts = try node.inputs.indices.map { try value(node, $0) }
        guard let rank = parts.first?.shape.count, parts.allSatisfy({ $0.shape.count == rank }) else {
            throw Failure(.badFormat, "shapes \(parts.prefix(8).map(\.shape))")
        }
        let axis = try positive(node.integer("axis", 1), rank: rank), isChannelsLast = parts.contains(where: \.isChannelsLast)
        let inputs = try zip(parts, node.inputs).map { part, name in
            try isChannelsLast ? channelsLast(part, name + "/channels_last").id : tensor(part, name)
        }
        var sample = ONNXValue(shape: parts[0].shape, id: -1, isChannelsLast: isChannelsLast)
        let id = try append(node.name, .concatenate(axis: sample.axis(axis), .none), inputs)
        if let focus = ONNXFocus(inputs, axis: sample.axis(axis), graph, producers: producers) { focuses[id] = focus }
        sample.shape[axis] = graph.tensors[id].shape[sample.axis(axis)]
        set(node, ONNXValue(shape: sample.shape, id: id, isChannelsLast: isChannelsLast))
    }

    mutating func slice(_ node: ONNXNode) throws {
        let x = try value(node, 0), rank = x.shape.count
        guard let starts = try integers(node, attribute: "starts", input: 1),
              let ends = try integers(node, attribute: "ends", input: 2) else {
            throw Failure(.badFormat, "a slice without bounds")
        }
        let axes = try integers(node, attribute: "axes", input: 3) ?? Array(starts.indices),
            steps = try integers(node, attribute: "steps", input: 4) ?? starts.map { _ in
            1
        }
        guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count, starts.count <= rank else {
            throw Failure(.badFormat, "a slice from \(starts.prefix(8)) to \(ends.prefix(8)) of \(x.shape)")
        }
        var ranges = try x.shape.map { try StridedRange(begin: 0, end: $0, step: 1, size: $0) }
        for index in axes.indices {
            let axis = try positive(axes[index], rank: rank)
            ranges[axis] = try StridedRange(begin: starts[index], end: ends[index], step: steps[index], size: x.shape[axis])
        }
        try take(node, x, ranges, output: 0)
    }

    mutating func split(_ node: ONNXNode) throws {
        let x = try value(node, 0), axis = try positive(node.integer("axis", 0), rank: x.shape.count), count = node.outputs.count
        guard x.shape[axis] > 0 else { throw Failure(.unsupported, "an empty constant can't be split") }
        let sizes: [Int]
        if let given = try integers(node, attribute: "split", input: 1) {
            sizes = given
        } else {
            guard count > 0 else { throw Failure(.badFormat, "no outputs") }
            let part = (x.shape[axis] + count - 1) / count
            sizes = (0..<count).map { min(part, x.shape[axis] - $0 * part) }
        }
        var start = 0
        guard sizes.count == count, sizes.allSatisfy({ (1...x.shape[axis]).contains($0) }) else {
            throw Failure(.badFormat, "parts \(sizes.prefix(8)) of \(x.shape)")
        }
        for (index, size) in sizes.enumerated() {
            guard start + size <= x.shape[axis] else { throw Failure(.badFormat, "parts \(sizes.prefix(8)) of \(x.shape)") }
            var ranges = try x.shape.map { try StridedRange(begin: 0, end: $0, step: 1, size: $0) }
            ranges[axis] = try StridedRange(begin: start, end: start + size, step: 1, size: x.shape[axis])
            try take(node, x, ranges, output: index)
            start += size
        }
    }

    /// `ranges`: one for each of ONNX's axes.
    private mutating func take(_ node: ONNXNode, _ x: ONNXValue, _ ranges: [StridedRange], output: Int) throws {
        let shape = ranges.map(\.count)
        if let constant = x.constant {
            let strides = ONNXFolding.rowMajor(x.shape)
            try budget.charge(16 * Limits.elements(shape, of: node.name))
            let places = ONNXFolding.walk(shape, offset: zip(ranges, strides).reduce(0) { $0 + $1.0.start * $1.1 },
                                          strides: zip(ranges, strides).map { $0.step * $1 })
            return set(node, ONNXValue(constant: constant.gathered(places, shape: shape)), output: output)
        }
        guard shape != x.shape || ranges.contains(where: { $0.step != 1 }) else { return set(node, x, output: output) }
        let order = x.isChannelsLast ? ONNXValue.channelsLast(ranges) : ranges
        var starts = order.map(\.start), steps = order.map(\.step), source = x.id
        // A slice of a slice is one slice.
        if let index = producers[source], case .slice(let earlier, let strides) = graph.nodes[index].operation {
            starts = starts.indices.map { earlier[$0] + starts[$0] * strides[$0] }
            steps = steps.indices.map { steps[$0] * strides[$0] }
            source = graph.nodes[index].inputs[0]
        }
        let id = try append(node.outputs[output], .slice(starts: starts, steps: steps), [source], declared: order.map(\.count))
        set(node, ONNXValue(shape: shape, id: id, isChannelsLast: x.isChannelsLast), output: output)
    }

    mutating func reshape(_ node: ONNXNode) throws {
        let x = try value(node, 0)
        guard var shape = try integers(node, attribute: "shape", input: 1), shape.count <= Limits.rank else {
            throw Failure(.badFormat, "no shape or more than \(Limits.rank) axes")
        }
        if node.integer("allowzero", 0) == 0 {
            for axis in shape.indices where shape[axis] == 0 {
                guard axis < x.shape.count else { throw Failure(.badFormat, "\(x.shape) to \(shape)") }
                shape[axis] = x.shape[axis]
            }
        }
        if let open = shape.firstIndex(of: -1) {
            shape[open] = 1
            let known = try Limits.elements(shape, of: node.name), count = x.constant?.count ?? graph.tensors[x.id].elements
            guard count % known == 0, count > 0 else { throw Failure(.badFormat, "\(x.shape) to \(shape)") }
            shape[open] = count / known
        }
        try become(node, x, shape)
    }

    mutating func flatten(_ node: ONNXNode) throws {
        let x = try value(node, 0), raw = node.integer("axis", 1)
        let axis = raw == x.shape.count ? raw : try positive(raw, rank: x.shape.count)
        try become(node, x, [x.shape[..<axis].reduce(1, *), x.shape[axis...].reduce(1, *)])
    }

    mutating func squeeze(_ node: ONNXNode) throws {
        let x = try value(node, 0), listed = try integers(node, attribute: "axes", input: 1)
        let axes = try listed?.map { try positive($0, rank: x.shape.count) } ?? x.shape.indices.filter { x.shape[$0] == 1 }
        guard axes.allSatisfy({ x.shape[$0] == 1 }) else { throw Failure(.badFormat, "axes \(axes) of \(x.shape)") }
        try become(node, x, x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })
    }

    mutating func unsqueeze(_ node: ONNXNode) throws {
        let x = try value(node, 0)
        guard let listed = try integers(node, attribute: "axes", input: 1), listed.count + x.shape.count <= Limits.rank else {
            throw Failure(.badFormat, "no axes or too many")
        }
        let rank = x.shape.count + listed.count, axes = try listed.map { try positive($0, rank: rank) }
        guard Set(axes).count == axes.count else { throw Failure(.badFormat, "axes \(axes)") }
        var rest = x.shape[...]
        try become(node, x, (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() })
    }

    /// Gives the value another shape with the elements in ONNX's order.
    private mutating func become(_ node: ONNXNode, _ x: ONNXValue, _ shape: [Int]) throws {
        if let constant = x.constant {
            let count = constant.count == 0 ? 0 : try Limits.elements(shape, of: node.name)
            guard count == constant.count else { throw Failure(.badFormat, "\(x.shape) to \(shape)") }
            var reshaped = constant
            reshaped.shape = count == 0 ? [0] : shape
            return set(node, ONNXValue(constant: reshaped))
        }
        guard shape != x.shape else { return set(node, x) }
        _ = try Limits.elements(shape, of: node.name)
        // Batch and channels as they were: only the pixels between them are regrouped, which needs no transpose.
        let keepsLayout = x.isChannelsLast && shape.count >= 3 && shape.prefix(2) == x.shape.prefix(2)
        let source = keepsLayout ? x : try plain(x, node.name + "/plain")
        let target = ONNXValue(shape: shape, id: -1, isChannelsLast: keepsLayout)
        let id = try append(node.name, .reshape, [source.id], declared: target.stored)
        set(node, ONNXValue(shape: shape, id: id, isChannelsLast: keepsLayout))
    }

    mutating func transpose(_ node: ONNXNode) throws {
        let x = try value(node, 0), rank = x.shape.count
        let permutation = node.attributes["perm"]?.integers ?? Array((0..<rank).reversed())
        guard permutation.sorted() == Array(0..<rank) else {
            throw Failure(.badFormat, "the permutation \(permutation.prefix(8)) of \(x.shape)")
        }
        let shape = permutation.map { x.shape[$0] }
        if let constant = x.constant {
            guard constant.count > 0 else { return set(node, x) }
            let strides = ONNXFolding.rowMajor(x.shape)
            try budget.charge(16 * constant.count)
            let places = ONNXFolding.walk(shape, offset: 0, strides: permutation.map { strides[$0] })
            return set(node, ONNXValue(constant: constant.gathered(places, shape: shape)))
        }
        set(node, ONNXValue(shape: shape, id: try permuted(x.id, permutation.map(x.axis), node.name), isChannelsLast: false))
    }

    mutating func pad(_ node: ONNXNode) throws {
        let x = try value(node, 0), rank = x.shape.count, id = try tensor(x, node.name + "/constant")
        let axes = try integers(node, attribute: "axes", input: 3)?.map { try positive($0, rank: rank) } ?? Array(0..<rank)
        guard let pads = try integers(node, attribute: "pads", input: 1), pads.count == 2 * axes.count, Set(axes).count == axes.count,
              pads.allSatisfy({ (0...1 << 20).contains($0) }) else {
            throw Failure(.unsupported, "padding that isn't constant for each axis, or negative")
        }
        var before = x.shape.map { _ in 0 }, after = before
        for (index, axis) in axes.enumerated() { (before[axis], after[axis]) = (pads[index], pads[axes.count + index]) }
        func stored(_ list: [Int]) -> [Int] { x.isChannelsLast ? ONNXValue.channelsLast(list) : list }
        let result: TensorID
        switch node.text("mode", "constant") {
        case "constant":
            let given = try optional(node, 2) == nil ? nil : try constant(node, 2).reals.first
            let value = node.attributes["value"]?.float ?? given ?? 0
            result = try append(node.name, .pad(before: stored(before), after: stored(after), value: value), [id])
        case let mode where mode == "reflect" || mode == "edge":
            _ = try optional(node, 2)
            result = try mirrored(node, id, stored(before), stored(after), isReflection: mode == "reflect")
        case let mode: throw Failure(.unsupported, "padding by '\(mode.prefix(40))'")
        }
        set(node, ONNXValue(shape: x.shape.indices.map { x.shape[$0] + before[$0] + after[$0] }, id: result,
                            isChannelsLast: x.isChannelsLast))
    }

    /// Reflection and repeated edges read elements again: a gather along each padded axis.
    private mutating func mirrored(_ node: ONNXNode, _ id: TensorID, _ before: [Int], _ after: [Int], isReflection: Bool) throws
        -> TensorID {
        var current = id
        for axis in before.indices where before[axis] + after[axis] > 0 {
            let size = graph.tensors[current].shape[axis]
            guard !isReflection || max(before[axis], after[axis]) < size else {
                throw Failure(.badFormat, "a reflection wider than \(size)")
            }
            try budget.charge(4 * (before[axis] + size + after[axis]))
            let places = (-before[axis]..<size + after[axis]).map { place -> Int32 in
                if !isReflection { return Int32(min(max(place, 0), size - 1)) }
                return Int32(place < 0 ? -place : place >= size ? 2 * (size - 1) - place : place)
            }
            current = try gather(node.name + "/axis\(axis)", current, places, axis: axis)
        }
        return current
    }

    mutating func gather(_ node: ONNXNode) throws {
        if try value(node, 1).constant == nil { return try lookUp(node) }
        let x = try plain(value(node, 0), node.name + "/plain"), indices = try constant(node, 1)
        let axis = try positive(node.integer("axis", 0), rank: x.shape.count), size = x.shape[axis]
        guard let list = indices.integers, !list.isEmpty, indices.shape.count + x.shape.count <= Limits.rank else {
            throw Failure(.unsupported, "indices of shape \(indices.shape); constant whole numbers work")
        }
        let chosen = try list.map { try positive($0, rank: size) }
        let id = try tensor(x, node.name + "/constant")
        let shape = Array(x.shape[..<axis]) + indices.shape + x.shape[(axis + 1)...]
        if chosen.count == 1 {
            var part = x.shape, starts = x.shape.map { _ in 0 }
            part[axis] = 1
            starts[axis] = chosen[0]
            let row = try append(node.name, .slice(starts: starts, steps: starts.map { _ in 1 }), [id], declared: part)
            let result = shape == part ? row : try append(node.name + "/row", .reshape, [row], declared: shape)
            return set(node, ONNXValue(shape: shape, id: result, isChannelsLast: false))
        }
        var rows = try gather(node.name, id, chosen.map { Int32($0) }, axis: axis)
        if indices.shape.count > 1 { rows = try append(node.name + "/shaped", .reshape, [rows], declared: shape) }
        set(node, ONNXValue(shape: shape, id: rows, isChannelsLast: false))
    }

    /// Constant indices, whose last axis goes along the first axes of the data: a gather of rows.
    mutating func gatherND(_ node: ONNXNode) throws {
        let x = try plain(value(node, 0), node.name + "/plain"), indices = try constant(node, 1)
        guard node.integer("batch_dims", 0) == 0, let list = indices.integers, !list.isEmpty, let depth = indices.shape.last,
              depth >= 1, depth <= x.shape.count else {
            throw Failure(.unsupported, "indices of shape \(indices.shape) into \(x.shape); constant ones without batches work")
        }
        let rows = try rowNumbers(list, along: Array(x.shape[..<depth]), countsFromEnd: true)
        let rest = Array(x.shape[depth...]), shape = Array(indices.shape.dropLast()) + rest
        let table = try append(node.name + "/table", .reshape, [tensor(x, node.name + "/constant")],
                               declared: [x.shape[..<depth].reduce(1, *)] + rest)
        let picked = try gather(node.name + "/rows", table, rows, axis: 0)
        set(node, ONNXValue(shape: shape, id: try append(node.name, .reshape, [picked], declared: shape), isChannelsLast: false))
    }

    /// Rows by computed indices, the words of an embedding for example.
    private mutating func lookUp(_ node: ONNXNode) throws {
        let x = try plain(value(node, 0), node.name + "/plain"), indices = try plain(value(node, 1), node.name + "/plain_indices")
        guard node.integer("axis", 0) == 0, graph.tensors[indices.id].type == .int32, !x.shape.isEmpty else {
            throw Failure(.unsupported, "computed indices along axis \(node.integer("axis", 0)) of \(x.shape); those of rows work")
        }
        let column = try append(node.name + "/indices", .reshape, [indices.id], declared: indices.shape + [1])
        let id = try append(node.name, .lookUp(depth: 1), [tensor(x, node.name + "/constant"), column])
        set(node, ONNXValue(shape: graph.tensors[id].shape, id: id, isChannelsLast: false))
    }

    mutating func gather(_ name: String, _ id: TensorID, _ places: [Int32], axis: Int) throws -> TensorID {
        try budget.charge(4 * places.count)
        let indices = graph.addTensor(GraphTensor(name: name + "/indices", shape: [places.count], type: .int32,
                                                  constant: places.littleEndianBytes))
        return try append(name, .gather(axis: axis), [id, indices])
    }
}
