import Foundation
import Nest

/// Computes nodes whose inputs are all constant and puts the results in their place. Large results of expansion are
/// left to run time.
@Sendable public func foldConstants(_ graph: inout Graph) throws {
    var removed = Set<NodeID>()
    for (id, node) in graph.nodes.enumerated() {
        guard node.outputs.count == 1, !node.inputs.isEmpty, node.inputs.allSatisfy({ $0 < 0 || graph.isConstant($0) }),
              graph.tensors[node.outputs[0]].elements <= 1 << 24, let bytes = evaluate(node, graph) else { continue }
        let output = node.outputs[0]
        guard bytes.count == graph.tensors[output].elements * graph.tensors[output].type.size else { continue }
        graph.tensors[output].constant = bytes
        removed.insert(id)
    }
    graph.removeNodes(removed)
}

/// The result's bytes, or nil for what isn't worth computing here.
private func evaluate(_ node: Node, _ graph: Graph) -> [UInt8]? {
    let input = graph.tensors[node.inputs[0]], output = graph.tensors[node.outputs[0]]
    guard let bytes = input.constant else { return nil }
    let size = input.type.size
    func gathered(_ indices: [Int]) -> [UInt8]? {
        guard indices.count == output.elements, input.type == output.type else { return nil }
        var result = [UInt8]()
        result.reserveCapacity(indices.count * size)
        for index in indices {
            guard index >= 0, (index + 1) * size <= bytes.count else { return nil }
            result += bytes[index * size..<(index + 1) * size]
        }
        return result
    }
    /// Row-major walk over `shape` with these strides.
    func walk(_ shape: [Int], _ strides: [Int], from start: Int = 0) -> [Int] {
        zip(shape, strides).reduce([start]) { bases, axis in bases.flatMap { base in (0..<axis.0).map { base + $0 * axis.1 } } }
    }
    var strides = [Int](repeating: 1, count: input.shape.count)
    for axis in input.shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * input.shape[axis + 1] }

    switch node.operation {
    case .reshape: return input.type == output.type ? bytes : nil
    case .transpose(let permutation):
        guard permutation.count == strides.count, permutation.sorted() == Array(strides.indices) else { return nil }
        return gathered(walk(permutation.map { input.shape[$0] }, permutation.map { strides[$0] }))
    case .slice(let starts, let steps):
        guard starts.count == strides.count, steps.count == strides.count, output.shape.count == strides.count else { return nil }
        let start = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
        return gathered(walk(output.shape, zip(strides, steps).map { $0 * $1 }, from: start))
    case .quantize:
        guard let values = graph.floatValues(node.inputs[0]) else { return nil }
        if output.type == .float32 { return values.littleEndianBytes }
        guard output.type == .int8, let quantization = output.quantization, quantization.scales.count == 1 else { return nil }
        return values.map { Int8(quantized($0, scale: quantization.scale, zeroPoint: quantization.zeroPoint)) }.littleEndianBytes
    case .unary(let function, let alpha, let beta):
        guard input.type == .float32, output.type == .float32, let values = input.floats else { return nil }
        return values.map { Float(evaluate(function, alpha: alpha, beta: beta, at: Double($0))) }.littleEndianBytes
    case .binary(let function, .none): return evaluateBinary(function, node, graph)
    default: return nil
    }
}

private func evaluateBinary(_ function: BinaryFunction, _ node: Node, _ graph: Graph) -> [UInt8]? {
    let a = graph.tensors[node.inputs[0]], output = graph.tensors[node.outputs[0]]
    guard node.inputs.count == 2, node.inputs[1] >= 0 else { return nil }
    let b = graph.tensors[node.inputs[1]]
    guard a.type == b.type, a.type == output.type, a.shape.count <= output.shape.count, b.shape.count <= output.shape.count else {
        return nil
    }
    func indices(_ tensor: GraphTensor) -> [Int]? {
        let shape = [Int](repeating: 1, count: output.shape.count - tensor.shape.count) + tensor.shape
        guard zip(shape, output.shape).allSatisfy({ $0 == $1 || $0 == 1 }) else { return nil }
        return broadcastIndices(from: shape, to: output.shape)
    }
    guard let left = indices(a), let right = indices(b) else { return nil }
    if let x = a.floats, let y = b.floats {
        return zip(left, right).map { i, j -> Float in
            switch function {
            case .add: x[i] + y[j]
            case .subtract: x[i] - y[j]
            case .multiply: x[i] * y[j]
            case .divide: x[i] / y[j]
            case .maximum: max(x[i], y[j])
            case .minimum: min(x[i], y[j])
            case .squaredDifference: (x[i] - y[j]) * (x[i] - y[j])
            case .prelu: x[i] < 0 ? x[i] * y[j] : x[i]
            case .power: Float(pow(Double(x[i]), Double(y[j])))
            case .less: x[i] < y[j] ? 1 : 0
            case .lessOrEqual: x[i] <= y[j] ? 1 : 0
            case .equal: x[i] == y[j] ? 1 : 0
            }
        }.littleEndianBytes
    }
    if let x = a.int32s, let y = b.int32s {
        guard ![.squaredDifference, .prelu, .power, .less, .lessOrEqual, .equal].contains(function) else { return nil }
        guard function != .divide || y.allSatisfy({ $0 != 0 && $0 != -1 }) else { return nil }
        return zip(left, right).map { i, j -> Int32 in
            switch function {
            case .add: x[i] &+ y[j]
            case .subtract: x[i] &- y[j]
            case .multiply: x[i] &* y[j]
            case .divide: x[i] / y[j]
            case .maximum: max(x[i], y[j])
            case .minimum: min(x[i], y[j])
            default: 0
            }
        }.littleEndianBytes
    }
    return nil
}
