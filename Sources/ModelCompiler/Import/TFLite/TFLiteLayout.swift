import Nest
import Platform

/// Operators that move values and keep them.
extension TFLiteImporter {
    mutating func concatenation(_ item: TFLiteOperator) throws {
        let parts = try item.inputs.indices.map { try input(item, $0) }
        guard let first = parts.first else { throw Failure(.badFormat, "it has no inputs") }
        let axis = try axis(Int(item.options?.integer(0, default: Int32(0)) ?? 0), of: shape(first))
        try add(item, .concatenate(axis: axis, activation(item, 1)), inputs: parts, outputs: [output(item)])
    }

    mutating func pack(_ item: TFLiteOperator) throws {
        let parts = try item.inputs.indices.map { try input(item, $0) }
        guard let first = parts.first else { throw Failure(.badFormat, "it has no inputs") }
        let axis = try axis(Int(item.options?.integer(1, default: Int32(0)) ?? 0), of: shape(first) + [1])
        // Shapes packed from constants steer a later reshape.
        let constants = parts.compactMap { graph.tensors[$0].int32s }
        if constants.count == parts.count, constants.allSatisfy({ $0.count == 1 }) {
            return replace(item, withConstant: constants.map { $0[0] })
        }
        let rows = try parts.map { part -> TensorID in
            var unit = graph.tensors[part]
            guard unit.shape == shape(first) else { throw Failure(.badFormat, "\(unit.shape) beside \(shape(first))") }
            unit.shape.insert(1, at: axis)
            unit.constant = nil
            return graph.addNode(item.name, .reshape, inputs: [part], output: unit)
        }
        try add(item, .concatenate(axis: axis, .none), inputs: rows, outputs: [output(item)])
    }

    mutating func split(_ item: TFLiteOperator, input position: Int, axis axisPosition: Int) throws {
        let x = try input(item, position)
        guard let raw = try integers(item, axisPosition).first else { throw Failure(.badFormat, "its axis is absent") }
        let axis = try axis(raw, of: shape(x))
        var starts = shape(x).map { _ in 0 }
        let steps = shape(x).map { _ in 1 }
        for index in item.outputs.indices {
            let y = try output(item, index)
            add(item, .slice(starts: starts, steps: steps), inputs: [x], outputs: [y])
            guard shape(y).count == starts.count else { throw Failure(.badFormat, "\(shape(y)) is no part of \(shape(x))") }
            starts[axis] += shape(y)[axis]
        }
    }

    /// The shape is an input, an option, or only that of the output tensor.
    mutating func reshape(_ item: TFLiteOperator) throws {
        let x = try input(item, 0)
        var wanted: [Int]?
        if item.inputs.count > 1, item.inputs[1] != -1 {
            wanted = graph.tensors[try input(item, 1)].int32s?.map(Int.init)
        } else {
            wanted = try item.options?.integers(0, as: Int32.self)?.map(Int.init)
        }
        guard var shape = wanted, shape.count <= Limits.rank, !shape.contains(0) else { return try simple(item, .reshape) }
        let elements = graph.tensors[x].elements
        if let open = shape.firstIndex(of: -1) {
            shape[open] = 1
            let known = try Limits.elements(shape, of: item.name)
            guard elements % known == 0 else { throw Failure(.badFormat, "\(self.shape(x)) can't become \(wanted ?? [])") }
            shape[open] = elements / known
        }
        guard shape.allSatisfy({ $0 > 0 }), try Limits.elements(shape, of: item.name) == elements else { return try simple(item, .reshape) }
        try add(item, .reshape, inputs: [x], outputs: [output(item, shaped: shape)])
    }

    mutating func shape(_ item: TFLiteOperator) throws {
        replace(item, withConstant: shape(try input(item, 0)).map { Int32(clamping: $0) })
    }

    mutating func pad(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), amounts = try integers(item, 1), rank = shape(x).count
        guard amounts.count == 2 * rank else { throw Failure(.badFormat, "\(amounts.count) amounts for \(shape(x))") }
        var value: Float = 0
        if item.inputs.count > 2 {
            let constant = graph.tensors[try input(item, 2)]
            guard let real = constant.type == .float32 ? constant.floats?.first : try tensors.dequantized(constant).floats?.first else {
                throw Failure(.unsupported, "its value isn't constant")
            }
            value = real
        }
        let before = (0..<rank).map { amounts[2 * $0] }, after = (0..<rank).map { amounts[2 * $0 + 1] }
        try add(item, .pad(before: before, after: after, value: value), inputs: [x], outputs: [output(item)])
    }

    mutating func slice(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), starts = try integers(item, 1)
        try add(item, .slice(starts: starts, steps: starts.map { _ in 1 }), inputs: [x], outputs: [output(item)])
    }

    mutating func stridedSlice(_ item: TFLiteOperator) throws {
        let x = try input(item, 0)
        func mask(_ field: Int) throws -> Int32 { try item.options?.integer(field, default: 0) ?? 0 }
        guard try mask(2) == 0, try mask(3) == 0 else {
            throw Failure(.unsupported, "an ellipsis or a new axis in a slice can't be imported")
        }
        let ranges = try StridedRange.resolve(shape: shape(x), begin: integers(item, 1), end: integers(item, 2), steps: integers(item, 3),
                                              beginMask: mask(0), endMask: mask(1), shrinkMask: mask(4))
        if let values = graph.tensors[x].int32s, let range = ranges.first, ranges.count == 1 {
            return replace(item, withConstant: (0..<range.count).map { values[range.start + $0 * range.step] }, isScalar: range.isShrunk)
        }
        let operation = Operation.slice(starts: ranges.map(\.start), steps: ranges.map(\.step))
        guard ranges.contains(where: \.isShrunk) else { return try add(item, operation, inputs: [x], outputs: [output(item)]) }
        var part = graph.tensors[x]
        part.shape = ranges.map(\.count)
        part.constant = nil
        let whole = graph.addNode(item.name, operation, inputs: [x], output: part)
        try add(item, .reshape, inputs: [whole], outputs: [output(item)])
    }

    mutating func transpose(_ item: TFLiteOperator) throws {
        try add(item, .transpose(permutation: integers(item, 1)), inputs: [input(item, 0)], outputs: [output(item)])
    }

    mutating func gather(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), indices = try input(item, 1)
        guard try item.options?.integer(1, default: Int32(0)) ?? 0 == 0 else {
            throw Failure(.unsupported, "batches of indices can't be imported")
        }
        let axis = try axis(Int(item.options?.integer(0, default: Int32(0)) ?? 0), of: shape(x))
        if axis == 0, graph.tensors[indices].constant == nil { return try lookUp(item, table: x, indices: indices) }
        guard let values = graph.tensors[indices].int32s, values.allSatisfy({ (0..<shape(x)[axis]).contains(Int($0)) }) else {
            throw Failure(.unsupported, "its indices aren't constant or lie outside of \(shape(x))")
        }
        try add(item, .gather(axis: axis), inputs: [x, indices], outputs: [output(item)])
    }

    private func axis(_ axis: Int, of shape: [Int]) throws -> Int {
        let positive = axis < 0 ? axis + shape.count : axis
        guard shape.indices.contains(positive) else { throw Failure(.badFormat, "axis \(axis) of \(shape)") }
        return positive
    }

    private mutating func replace(_ item: TFLiteOperator, withConstant values: [Int32], isScalar: Bool = false) {
        guard let index = item.outputs.first else { return }
        let shape = isScalar && values.count == 1 ? [] : [values.count]
        let id = graph.addTensor(GraphTensor(name: item.name, shape: shape, type: .int32, constant: values.littleEndianBytes))
        tensors.alias(index, to: id)
    }
}
