import Nest
import Platform

extension Lowering {
    mutating func lowerUnary(_ node: Node, _ function: UnaryFunction, _ alpha: Float, _ beta: Float) throws {
        try emitUnary(node, function, alpha, beta, from: try record(node.inputs[0]), to: try record(node.outputs[0]))
    }

    private mutating func emitUnary(_ node: Node, _ function: UnaryFunction, _ alpha: Float, _ beta: Float, from input: Int32,
                                    to output: Int32) throws {
        switch (self[input].type, self[output].type) {
        case (.float32, .float32):
            emit(.unary, [input], [output], words: UnaryAttributes(function: function, alpha: alpha, beta: beta).words)
        case (.int8, .int8):
            guard self[input].scale > 0, self[output].scale > 0 else { throw graph.failure(node, "int8 tensors without scales") }
            let table = lookupTable(function, alpha: alpha, beta: beta,
                                    from: Quantization(scale: self[input].scale, zeroPoint: self[input].zeroPoint),
                                    to: Quantization(scale: self[output].scale, zeroPoint: self[output].zeroPoint))
            emit(.lookup, [input], [output], blob: table.littleEndianBytes)
        default: throw graph.failure(node, "from \(self[input].type) to \(self[output].type)")
        }
    }

    /// Between types by the instruction; from int8 to int8 of another scale by a table.
    mutating func lowerQuantize(_ node: Node) throws {
        let input = try record(node.inputs[0]), output = try record(node.outputs[0]), x = self[input], y = self[output]
        guard x.type == .int8, y.type == .int8, x.scale > 0, y.scale > 0 else { return emit(.convert, [input], [output]) }
        let table = requantizationTable(from: Quantization(scale: x.scale, zeroPoint: x.zeroPoint),
                                        to: Quantization(scale: y.scale, zeroPoint: y.zeroPoint))
        emit(.lookup, [input], [output], blob: table.littleEndianBytes)
    }

    mutating func lowerBinary(_ node: Node, _ function: BinaryFunction, _ activation: Activation) throws {
        guard node.inputs.count >= 2, node.inputs[1] >= 0 else { throw graph.failure(node, "needs two inputs", kind: .badFormat) }
        guard let bounds = activation.bounds else { throw graph.failure(node, "the activation should have been made a step of its own") }
        let result = graph.tensors[node.outputs[0]]
        guard [.float32, .int8, .int32].contains(result.type) else { throw graph.failure(node, "elements of type \(result.type)") }
        var operands = [node.inputs[0], node.inputs[1]]
        let commutes = [.add, .multiply, .maximum, .minimum, .squaredDifference, .equal].contains(function)
        if commutes, graph.tensors[operands[0]].elements < graph.tensors[operands[1]].elements { operands.swapAt(0, 1) }
        let output = try record(node.outputs[0])
        let a = try operand(node, operands[0], like: result, mayRepeat: false)
        let b = try operand(node, operands[1], like: result, mayRepeat: true)
        var attributes = BinaryAttributes(function: function)
        (attributes.floatMinimum, attributes.floatMaximum) = bounds
        if result.type == .int8, let quantization = result.quantization,
           let (low, high) = activation.quantizedBounds(scale: quantization.scale, zeroPoint: quantization.zeroPoint) {
            attributes.outputMinimum = low
            attributes.outputMaximum = high
        }
        emit(.binary, [a, b], [output], words: attributes.words)
    }

    /// An operand in the result's shape: as it is, a constant expanded, or copied with repetition. The second operand
    /// may stay one pixel (batch 1), which the instruction repeats.
    private mutating func operand(_ node: Node, _ tensor: TensorID, like result: GraphTensor, mayRepeat: Bool) throws -> Int32 {
        let source = graph.tensors[tensor], target = Self.shape4(result.shape)
        guard source.type == result.type else { throw graph.failure(node, "operands of types \(source.type) and \(result.type)") }
        guard source.shape.count <= result.shape.count else {
            throw graph.failure(node, "operand of shape \(source.shape)", kind: .badFormat)
        }
        let aligned = [Int](repeating: 1, count: result.shape.count - source.shape.count) + source.shape
        guard zip(aligned, result.shape).allSatisfy({ $0 == $1 || $0 == 1 }) else {
            throw graph.failure(node, "\(source.shape) can't be broadcast to \(result.shape)", kind: .badFormat)
        }
        if aligned == result.shape { return try record(tensor, as: target) }
        let isPixel = mayRepeat && aligned.dropLast().allSatisfy { $0 == 1 }
        if isPixel, aligned.last == target[3] { return try record(tensor, as: [1, 1, 1, target[3]]) }
        let size = source.type.size
        if let bytes = source.constant {
            let expanded = isPixel ? [Int](repeating: 1, count: aligned.count - 1) + [target[3]] : result.shape
            let indices = broadcastIndices(from: aligned, to: expanded)
            let data = indices.flatMap { bytes[$0 * size..<($0 + 1) * size] }
            return constant(source.name, shape: isPixel ? [1, 1, 1, target[3]] : target, type: source.type, bytes: data,
                            quantization: source.quantization)
        }
        return view(try repeated(node, tensor, to: result.shape), shape: target)
    }

    mutating func lowerPool(_ node: Node, _ opcode: Opcode, _ window: Window, countPadding: Bool, _ activation: Activation) throws {
        let input = try record(node.inputs[0]), output = try record(node.outputs[0])
        let shared = try windowAttributes(node, window)
        var attributes = PoolAttributes()
        attributes.kernelHeight = shared.kernelHeight; attributes.kernelWidth = shared.kernelWidth
        attributes.strideY = shared.strideY; attributes.strideX = shared.strideX
        attributes.padTop = shared.padTop; attributes.padLeft = shared.padLeft
        attributes.countPadding = countPadding ? 1 : 0
        guard activation == .none || self[output].type == .int8,
              let (low, high) = activation == .none ? (-128, 127)
                  : activation.quantizedBounds(scale: self[output].scale, zeroPoint: self[output].zeroPoint) else {
            throw graph.failure(node, "an activation that should have been made a step of its own")
        }
        attributes.outputMinimum = low
        attributes.outputMaximum = high
        emit(opcode, [input], [output], words: attributes.words)
    }

    /// A mean over adjacent axes is a global average of the tensor seen as (before, 1, averaged, after).
    mutating func lowerMean(_ node: Node, axes: [Int]) throws {
        let view = try reductionView(node, axes: axes), before = view[0], after = view[3]
        let input = try record(node.inputs[0], as: view), output = try record(node.outputs[0], as: [before, 1, 1, after])
        var attributes = PoolAttributes()
        attributes.kernelHeight = Int32(view[1])
        attributes.kernelWidth = Int32(view[2])
        emit(.globalAverage, [input], [output], words: attributes.words)
    }

    /// The input's shape as (before, 1, reduced, after); images stay as they are where height and width are reduced.
    func reductionView(_ node: Node, axes: [Int]) throws -> [Int] {
        let shape = graph.tensors[node.inputs[0]].shape
        let sorted = Set(axes.map { $0 < 0 ? $0 + shape.count : $0 }).sorted()
        guard let first = sorted.first, let last = sorted.last, first >= 0, last < shape.count, last - first == sorted.count - 1 else {
            throw graph.failure(node, "axes \(axes) of \(shape), which aren't neighbours")
        }
        if shape.count == 4, sorted == [1, 2] { return shape }
        return [shape[..<first].reduce(1, *), 1, shape[first...last].reduce(1, *), shape[(last + 1)...].reduce(1, *)]
    }

    mutating func lowerSoftmax(_ node: Node, axis: Int, beta: Float, isLogarithm: Bool = false) throws {
        let shape = graph.tensors[node.inputs[0]].shape
        let position = axis < 0 ? axis + shape.count : axis
        guard shape.indices.contains(position), shape[(position + 1)...].allSatisfy({ $0 == 1 }) else {
            throw graph.failure(node, "softmax over axis \(axis) of \(shape), which isn't the last")
        }
        let view = [shape[..<position].reduce(1, *), 1, 1, shape[position]]
        var attributes = SoftmaxAttributes(beta: beta)
        attributes.logarithm = isLogarithm ? 1 : 0
        emit(.softmax, [try record(node.inputs[0], as: view)], [try record(node.outputs[0], as: view)], words: attributes.words)
    }
}
