import Nest
import Platform

/// What is computed of many elements.
enum ONNXReduction { case mean, sum, maximum, minimum, sumOfSquares, sumOfMagnitudes, length, logarithmOfSum, logarithmOfExponentials }

extension ONNXImporter {
    mutating func reduce(_ node: ONNXNode, _ kind: ONNXReduction) throws {
        let input = try value(node, 0), rank = input.shape.count
        let listed = try integers(node, attribute: "axes", input: 1) ?? []
        let keep = node.integer("keepdims", 1) != 0, leavesAll = node.integer("noop_with_empty_axes", 0) != 0
        if listed.isEmpty, leavesAll {
            guard [.mean, .sum, .maximum, .minimum].contains(kind) else { throw Failure(.unsupported, "no axes, and none of them meant") }
            return set(node, input)
        }
        let axes = try listed.isEmpty ? Array(0..<rank) : listed.map { try positive($0, rank: rank) }
        guard Set(axes).count == axes.count, !axes.isEmpty else { throw Failure(.badFormat, "axes \(axes)") }
        // Without the reduced axes the layout would no longer be one of the two, unless only the first two are left.
        let survives = keep || axes.sorted() == Array(2..<max(2, rank))
        let x = survives ? input : try plain(input, node.name + "/plain")
        let shape = input.shape.indices.compactMap { axes.contains($0) ? (keep ? 1 : nil) : input.shape[$0] }
        var id = try reduced(tensor(x, node.name + "/constant"), axes.map(x.axis).sorted(), kind, node.name)
        if !keep { id = try append(node.name + "/without axes", .reshape, [id], declared: shape) }
        set(node, ONNXValue(shape: shape, id: id, isChannelsLast: keep && x.isChannelsLast))
    }

    /// The reduction of a tensor over axes of its own, which stay as 1.
    mutating func reduced(_ x: TensorID, _ axes: [Int], _ kind: ONNXReduction, _ name: String) throws -> TensorID {
        func function(_ importer: inout ONNXImporter, _ function: UnaryFunction, _ id: TensorID, _ part: String) throws -> TensorID {
            try importer.append(name + part, .unary(function, alpha: 0, beta: 0), [id])
        }
        switch kind {
        case .mean: return try overRuns(x, axes, name) { .mean(axes: $0, keepDimensions: true) }
        case .maximum: return try overRuns(x, axes, name) { .reduceMaximum(axes: $0, keepDimensions: true) }
        case .minimum:
            let largest = try reduced(function(&self, .negate, x, "/negative"), axes, .maximum, name)
            return try function(&self, .negate, largest, "/minimum")
        case .sum:
            let count = axes.reduce(1) { $0 * graph.tensors[x].shape[$1] }, mean = try reduced(x, axes, .mean, name)
            return try append(name + "/sum", .binary(.multiply, .none), [mean, addConstant(name + "/count", shape: [], [Float(count)])])
        case .sumOfSquares: return try reduced(append(name + "/square", .binary(.multiply, .none), [x, x]), axes, .sum, name)
        case .sumOfMagnitudes: return try reduced(function(&self, .absolute, x, "/magnitude"), axes, .sum, name)
        case .length: return try function(&self, .squareRoot, reduced(x, axes, .sumOfSquares, name), "/length")
        case .logarithmOfSum: return try function(&self, .logarithm, reduced(x, axes, .sum, name), "/logarithm")
        case .logarithmOfExponentials:
            let most = try reduced(x, axes, .maximum, name + "/most")
            let powers = try function(&self, .exponential, append(name + "/less", .binary(.subtract, .none), [x, most]), "/powers")
            return try append(name + "/more", .binary(.add, .none), [reduced(powers, axes, .logarithmOfSum, name), most])
        }
    }

    /// Instructions reduce neighbouring axes: one after another where they aren't.
    private mutating func overRuns(_ x: TensorID, _ axes: [Int], _ name: String, _ make: ([Int]) -> Operation) throws -> TensorID {
        var id = x, rest = axes[...]
        while let first = rest.popFirst() {
            var run = [first]
            while let next = rest.first, next == run[run.count - 1] + 1 { run.append(rest.removeFirst()) }
            id = try append(run.count == axes.count ? name : "\(name)/axis\(first)", make(run), [id])
        }
        return id
    }

    mutating func globalPool(_ node: ONNXNode, _ kind: ONNXReduction) throws {
        let x = try channelsLast(value(node, 0), node.name + "/channels_last"), rank = x.shape.count
        guard rank >= 3 else { throw Failure(.badFormat, "pooling of \(x.shape)") }
        let id = try reduced(x.id, Array(1..<rank - 1), kind, node.name)
        set(node, ONNXValue(shape: Array(x.shape.prefix(2)) + Array(repeating: 1, count: rank - 2), id: id, isChannelsLast: true))
    }

    /// Softmax or its logarithm. Instructions have the axis last; up to version 12 the operator runs over all from its axis on.
    mutating func softmax(_ node: ONNXNode, isLogarithm: Bool) throws {
        func operation(_ axis: Int) -> Operation { isLogarithm ? .logSoftmax(axis: axis) : .softmax(axis: axis, beta: 1) }
        let x = try value(node, 0), rank = x.shape.count
        guard rank > 0 else { throw Failure(.badFormat, "softmax of a single number") }
        let axis = try positive(node.integer("axis", model.operatorSet < 13 ? 1 : -1), rank: rank)
        if model.operatorSet < 13, x.shape[(axis + 1)...].contains(where: { $0 != 1 }) {
            let source = try plain(x, node.name + "/plain"), rows = x.shape[..<axis].reduce(1, *)
            let flat = try append(node.name + "/flat", .reshape, [tensor(source, node.name + "/constant")],
                                  declared: [rows, x.shape[axis...].reduce(1, *)])
            let y = try append(node.name + "/shaped", .reshape, [append(node.name, operation(1), [flat])], declared: x.shape)
            return set(node, ONNXValue(shape: x.shape, id: y, isChannelsLast: false))
        }
        let id = try tensor(x, node.name + "/constant"), place = x.axis(axis), shape = graph.tensors[id].shape
        let y: TensorID
        if shape[(place + 1)...].allSatisfy({ $0 == 1 }) {
            y = try append(node.name, operation(place), [id])
        } else {
            var order = Array(shape.indices)
            order.swapAt(place, rank - 1)
            let turned = try permuted(id, order, node.name + "/axis last")
            y = try permuted(append(node.name, operation(rank - 1), [turned]), order, node.name + "/axis back")
        }
        set(node, ONNXValue(shape: x.shape, id: y, isChannelsLast: x.isChannelsLast))
    }
}
