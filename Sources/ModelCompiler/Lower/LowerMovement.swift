import Nest
import Platform

/// A copy in as many axes as needed, brought down to the four that the instruction has.
struct StridedCopy {
    /// Output shape (all of it is written) and, for each axis, elements to step in the source.
    var shape: [Int]
    var strides: [Int]
    var offset = 0

    /// Drops axes of one element and joins neighbours that the source steps through as one.
    mutating func simplify() {
        var sizes: [Int] = [], steps: [Int] = []
        for (size, step) in zip(shape, strides) where size != 1 {
            if let lastSize = sizes.last, let lastStep = steps.last, lastStep == step * size {
                sizes[sizes.count - 1] = lastSize * size
                steps[steps.count - 1] = step
            } else {
                sizes.append(size)
                steps.append(step)
            }
        }
        shape = [Int](repeating: 1, count: max(0, 4 - sizes.count)) + sizes
        strides = [Int](repeating: 0, count: max(0, 4 - steps.count)) + steps
    }
}

extension Lowering {
    /// Strides in elements of a tensor, row-major; the pixel stride counts where channels are a slice.
    private func strides(_ tensor: TensorID) -> [Int] {
        let shape = graph.tensors[tensor].shape
        var all = [Int](repeating: 1, count: shape.count), step = 1
        for axis in shape.indices.reversed() {
            all[axis] = step
            step *= axis == shape.count - 1 ? sharing.pixelStrides[tensor] ?? shape[axis] : shape[axis]
        }
        return all
    }

    private mutating func emitCopy(_ node: Node, from input: Int32, to output: TensorID, _ copy: StridedCopy) throws {
        try emitCopy(node, from: input, copy) { try $0.record(output, as: $1) }
    }

    /// Axes beyond four are a copy for each of their positions.
    ///
    /// - Parameter target: the output's record, seen as four axes.
    private mutating func emitCopy(_ node: Node, from input: Int32, _ copy: StridedCopy,
                                   target: (inout Lowering, [Int]) throws -> Int32) throws {
        var copy = copy
        copy.simplify()
        let outer = Array(copy.shape.dropLast(4)), inner = Array(copy.shape.suffix(4)), steps = Array(copy.strides.suffix(4))
        let count = outer.reduce(1, *)
        guard count <= 64 else { throw graph.failure(node, "moves data over \(copy.shape.count) axes in \(count) parts") }
        let output = try target(&self, [count * inner[0]] + inner[1...])
        for part in 0..<count {
            var attributes = CopyAttributes(), rest = part, offset = copy.offset
            for axis in outer.indices.reversed() {
                offset += rest % outer[axis] * copy.strides[axis]
                rest /= outer[axis]
            }
            attributes.sourceOffset = Int32(offset)
            attributes.outputStart = SIMD4(Int32(part * inner[0]), 0, 0, 0)
            for axis in 0..<4 {
                attributes.extent[axis] = Int32(inner[axis])
                attributes.sourceStrides[axis] = Int32(steps[axis])
            }
            emit(.copy, [input], [output], words: attributes.words)
        }
    }

    /// Axes of 1 repeated to the output's shape.
    mutating func lowerBroadcast(_ node: Node) throws {
        try emitCopy(node, from: try record(node.inputs[0]), to: node.outputs[0],
                     try repetition(node, node.inputs[0], to: graph.tensors[node.outputs[0]].shape))
    }

    /// A tensor that only the program has, with the values repeated to a shape.
    mutating func repeated(_ node: Node, _ tensor: TensorID, to shape: [Int]) throws -> Int32 {
        let source = graph.tensors[tensor], copy = try repetition(node, tensor, to: shape)
        let result = temporary("\(source.name) repeated", shape: [1, 1, 1, shape.reduce(1, *)], type: source.type,
                               quantization: source.quantization)
        try emitCopy(node, from: try record(tensor), copy) { $0.view(result, shape: $1) }
        return result
    }

    private func repetition(_ node: Node, _ tensor: TensorID, to shape: [Int]) throws -> StridedCopy {
        let source = graph.tensors[tensor].shape, missing = shape.count - source.count
        guard missing >= 0, zip(source, shape[missing...]).allSatisfy({ $0 == $1 || $0 == 1 }) else {
            throw graph.failure(node, "\(source) can't be repeated to \(shape)", kind: .badFormat)
        }
        let own = strides(tensor)
        return StridedCopy(shape: shape, strides: shape.indices.map { $0 < missing || source[$0 - missing] == 1 ? 0 : own[$0 - missing] })
    }

    mutating func lowerReshape(_ node: Node) throws {
        let (source, result) = (graph.tensors[node.inputs[0]], graph.tensors[node.outputs[0]])
        guard source.elements == result.elements else {
            throw graph.failure(node, "from \(source.shape) to \(result.shape), which has another number of elements", kind: .badFormat)
        }
        if sharing.isView(node.outputs[0], of: node.inputs[0]) { return }
        try emitCopy(node, from: try record(node.inputs[0]), to: node.outputs[0],
                     StridedCopy(shape: source.shape, strides: strides(node.inputs[0])))
    }

    mutating func lowerTranspose(_ node: Node, _ permutation: [Int]) throws {
        let shape = graph.tensors[node.inputs[0]].shape
        guard permutation.sorted() == Array(shape.indices), graph.tensors[node.outputs[0]].shape == permutation.map({ shape[$0] }) else {
            throw graph.failure(node, "permutation \(permutation) of \(shape)", kind: .badFormat)
        }
        let steps = strides(node.inputs[0])
        try emitCopy(node, from: try record(node.inputs[0]), to: node.outputs[0],
                     StridedCopy(shape: permutation.map { shape[$0] }, strides: permutation.map { steps[$0] }))
    }

    mutating func lowerSlice(_ node: Node, starts: [Int], steps: [Int]) throws {
        if sharing.isView(node.outputs[0], of: node.inputs[0]) { return }
        let shape = graph.tensors[node.inputs[0]].shape, result = graph.tensors[node.outputs[0]].shape
        guard starts.count == shape.count, steps.count == shape.count, result.count == shape.count,
              shape.indices.allSatisfy({ axis in
                  let last = starts[axis] + (result[axis] - 1) * steps[axis]
                  return shape[axis] > starts[axis] && starts[axis] >= 0 && last >= 0 && last < shape[axis]
              }) else {
            throw graph.failure(node, "slice from \(starts) by \(steps) leaves \(shape)", kind: .badFormat)
        }
        let strides = strides(node.inputs[0])
        let offset = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
        try emitCopy(node, from: try record(node.inputs[0]), to: node.outputs[0],
                     StridedCopy(shape: result, strides: zip(strides, steps).map { $0 * $1 }, offset: offset))
    }

    mutating func lowerPad(_ node: Node, before: [Int], after: [Int], value: Float) throws {
        let source = graph.tensors[node.inputs[0]], result = graph.tensors[node.outputs[0]]
        guard source.shape.count <= 4, before.count == source.shape.count, after.count == source.shape.count,
              before.allSatisfy({ $0 >= 0 }),
              after.allSatisfy({ $0 >= 0 }), zip(zip(before, after), source.shape).map({ $0.0 + $0.1 + $1 }) == result.shape else {
            throw graph.failure(node, "padding \(before) and \(after) of \(source.shape) doesn't give \(result.shape)")
        }
        let input = try record(node.inputs[0]), output = try record(node.outputs[0])
        var start = [0, 0, 0, 0]
        for (axis, amount) in before.enumerated() {
            // The place of an axis among the four of a record (shape4).
            start[source.shape.count == 2 && axis == 0 || source.shape.count == 3 && axis == 0 ? 0 : 4 - source.shape.count + axis] = amount
        }
        var attributes = CopyAttributes()
        let extent = [self[input].batch, self[input].height, self[input].width, self[input].channels]
        var step = Int32(1)
        for axis in (0..<4).reversed() {
            attributes.extent[axis] = extent[axis]
            attributes.sourceStrides[axis] = step
            step *= axis == 3 ? self[input].pixelStride : extent[axis]
            attributes.outputStart[axis] = Int32(start[axis])
        }
        attributes.fill = 1
        switch result.type {
        case .float32: attributes.fillValue = Int32(bitPattern: value.bitPattern)
        case .int8:
            guard let quantization = result.quantization else { throw graph.failure(node, "an int8 tensor without scale") }
            attributes.fillValue = quantized(value, scale: quantization.scale, zeroPoint: quantization.zeroPoint)
        default: throw graph.failure(node, "elements of type \(result.type)")
        }
        emit(.copy, [input], [output], words: attributes.words)
    }

    mutating func lowerConcatenation(_ node: Node, axis: Int, _ activation: Activation) throws {
        guard activation == .none else { throw graph.failure(node, "an activation that should have been made a step of its own") }
        let result = graph.tensors[node.outputs[0]]
        guard result.shape.indices.contains(axis) else { throw graph.failure(node, "axis \(axis) of \(result.shape)", kind: .badFormat) }
        let outer = result.shape[..<axis].reduce(1, *), inner = result.shape[(axis + 1)...].reduce(1, *), total = result.shape[axis] * inner
        var start = 0
        for (position, input) in node.inputs.enumerated() {
            let source = graph.tensors[input]
            guard source.shape.count == result.shape.count, source.type == result.type,
                  result.shape.indices.allSatisfy({ $0 == axis || source.shape[$0] == result.shape[$0] }),
                      start + source.shape[axis] * inner <= total else {
                throw graph.failure(node, "input \(position) of shape \(source.shape) and type \(source.type) doesn't fit \(result.shape)",
                                    kind: .badFormat)
            }
            defer { start += source.shape[axis] * inner }
            if sharing.placed[currentNode]?.contains(position) == true { continue }
            let length = source.shape[axis] * inner
            var from = try record(input)
            if source.type == .int8, source.quantization != result.quantization {
                let requantized = temporary("\(source.name) rescaled", shape: Self.shape4(source.shape), type: .int8,
                                            quantization: result.quantization)
                emit(.convert, [from], [requantized])
                from = requantized
            }
            var attributes = CopyAttributes()
            if self[from].pixelStride != self[from].channels {
                // Channels among others: only a concatenation of channels reads those, pixel by pixel.
                attributes.extent = SIMD4(1, 1, Int32(outer), Int32(length))
                attributes.sourceStrides = SIMD4(0, 0, self[from].pixelStride, 1)
            } else {
                attributes.extent = SIMD4(1, 1, Int32(outer), Int32(length))
                attributes.sourceStrides = SIMD4(0, 0, Int32(length), 1)
            }
            attributes.outputStart = SIMD4(0, 0, 0, Int32(start))
            emit(.copy, [from], [try record(node.outputs[0], as: [1, 1, outer, total])], words: attributes.words)
        }
    }

    /// Runs of evenly spaced indices are one copy each.
    mutating func lowerGather(_ node: Node, axis: Int) throws {
        let source = graph.tensors[node.inputs[0]], result = graph.tensors[node.outputs[0]]
        let position = axis < 0 ? axis + source.shape.count : axis
        guard source.shape.indices.contains(position), node.inputs.count > 1, let indices = graph.tensors[node.inputs[1]].int32s,
              !indices.isEmpty else {
            throw graph.failure(node, "needs constant indices and a valid axis")
        }
        let wrapped = indices.map { Int($0) < 0 ? Int($0) + source.shape[position] : Int($0) }
        guard wrapped.allSatisfy({ (0..<source.shape[position]).contains($0) }) else {
            throw graph.failure(node, "an index out of range", kind: .badFormat)
        }
        let outer = source.shape[..<position].reduce(1, *), inner = source.shape[(position + 1)...].reduce(1, *)
        guard result.elements == outer * wrapped.count * inner, sharing.isDense(node.inputs[0]) else {
            throw graph.failure(node, "a result of shape \(result.shape)", kind: .badFormat)
        }
        let input = try record(node.inputs[0]), output = try record(node.outputs[0], as: [1, outer, wrapped.count, inner])
        var start = 0
        while start < wrapped.count {
            let step = start + 1 < wrapped.count ? wrapped[start + 1] - wrapped[start] : 1
            var end = start + 1
            while end < wrapped.count, wrapped[end] - wrapped[end - 1] == step { end += 1 }
            var attributes = CopyAttributes()
            attributes.sourceOffset = Int32(wrapped[start] * inner)
            attributes.extent = SIMD4(1, Int32(outer), Int32(end - start), Int32(inner))
            attributes.sourceStrides = SIMD4(0, Int32(source.shape[position] * inner), Int32(step * inner), 1)
            attributes.outputStart = SIMD4(0, 0, Int32(start), 0)
            emit(.copy, [input], [output], words: attributes.words)
            start = end
        }
    }

    /// The data as a table of rows, the indices as one list.
    mutating func lowerLookUp(_ node: Node, depth: Int) throws {
        let shape = graph.tensors[node.inputs[0]].shape, count = graph.tensors[node.inputs[1]].elements / depth
        guard sharing.isDense(node.inputs[0]) else { throw graph.failure(node, "a table that lies among other channels") }
        let rows = shape[..<depth].reduce(1, *), channels = shape[depth...].reduce(1, *)
        var attributes = RowsAttributes()
        for (axis, size) in shape[..<depth].enumerated() { attributes.sizes[axis] = Int32(size) }
        emit(.rows, [try record(node.inputs[0], as: [1, 1, rows, channels]), try record(node.inputs[1], as: [1, 1, count, depth])],
             [try record(node.outputs[0], as: [1, 1, count, channels])], words: attributes.words)
    }
}
