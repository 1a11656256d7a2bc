import Nest
import Platform

extension Lowering {
    /// The greatest over adjacent axes is a maximum over one window of the tensor seen as (before, 1, reduced, after).
    mutating func lowerReduceMaximum(_ node: Node, axes: [Int]) throws {
        let view = try reductionView(node, axes: axes)
        guard view[1] <= 4096, view[2] <= 4096 else { throw graph.failure(node, "a maximum of \(view[1] * view[2]) elements") }
        let input = try record(node.inputs[0], as: view), output = try record(node.outputs[0], as: [view[0], 1, 1, view[3]])
        var attributes = PoolAttributes()
        attributes.kernelHeight = Int32(view[1])
        attributes.kernelWidth = Int32(view[2])
        guard self[input].scale == self[output].scale, self[input].zeroPoint == self[output].zeroPoint else {
            throw graph.failure(node, "a maximum in another scale")
        }
        emit(.maxPool, [input], [output], words: attributes.words)
    }

    mutating func lowerArgumentMaximum(_ node: Node, axis: Int) throws {
        let view = try reductionView(node, axes: [axis])
        let output = try record(node.outputs[0], as: [view[0], 1, 1, view[3]])
        emit(.argumentMaximum, [try record(node.inputs[0], as: view)], [output])
    }

    /// (…, m, k) by (…, k, n). The second matrix may be one for all, or what is before the matrices broadcasts by copies.
    mutating func lowerProduct(_ node: Node) throws {
        let a = graph.tensors[node.inputs[0]].shape, b = graph.tensors[node.inputs[1]].shape, y = graph.tensors[node.outputs[0]].shape
        guard a.count >= 2, b.count >= 2, y.count >= 2, a[a.count - 1] == b[b.count - 2] else {
            throw graph.failure(node, "matrices \(a) and \(b)", kind: .badFormat)
        }
        let leading = Array(y.dropLast(2)), images = leading.reduce(1, *)
        func matrices(_ tensor: TensorID, mayRepeat: Bool) throws -> Int32 {
            let shape = graph.tensors[tensor].shape, size = Array(shape.suffix(2))
            let own = shape.dropLast(2).reduce(1, *)
            if own == images || (mayRepeat && own == 1) { return try record(tensor, as: [own, 1] + size) }
            return view(try repeated(node, tensor, to: leading + size), shape: [images, 1] + size)
        }
        emit(.product, [try matrices(node.inputs[0], mayRepeat: false), try matrices(node.inputs[1], mayRepeat: true)],
             [try record(node.outputs[0], as: [images, 1] + Array(y.suffix(2)))])
    }

    /// A state and a value: the same elements, those of int8 with a number added modulo 256.
    mutating func lowerState(_ node: Node, adding offset: Int8) throws {
        let count = graph.tensors[node.inputs[0]].elements
        let input = try record(node.inputs[0], as: [1, 1, 1, count]), output = try record(node.outputs[0], as: [1, 1, 1, count])
        guard offset == 0 else {
            guard self[input].type == .int8 else { throw graph.failure(node, "a state of \(self[input].type) that doesn't start from 0") }
            return emit(.lookup, [input], [output], blob: (Int8.min...Int8.max).map { $0 &+ offset }.littleEndianBytes)
        }
        var attributes = CopyAttributes()
        attributes.extent = SIMD4(1, 1, 1, Int32(count))
        attributes.sourceStrides = SIMD4(0, 0, 0, 1)
        emit(.copy, [input], [output], words: attributes.words)
    }
}
