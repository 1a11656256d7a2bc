import Nest
import Platform

// What passes share: who makes and reads a tensor, and how to replace and remove.
extension Graph {
    /// The node that computes each tensor.
    func producers() -> [NodeID?] {
        var all = [NodeID?](repeating: nil, count: tensors.count)
        for (id, node) in nodes.enumerated() { for output in node.outputs where output >= 0 { all[output] = id } }
        return all
    }

    /// The nodes that read each tensor, once for every reading.
    func consumers() -> [[NodeID]] {
        var all = [[NodeID]](repeating: [], count: tensors.count)
        for (id, node) in nodes.enumerated() { for input in node.inputs where input >= 0 { all[input].append(id) } }
        return all
    }

    /// The only node that reads a tensor, if there is just one reading and the tensor is no output of the graph.
    func onlyConsumer(of tensor: TensorID, _ consumers: [[NodeID]]) -> NodeID? {
        guard consumers[tensor].count == 1, !outputs.contains(tensor) else { return nil }
        return consumers[tensor][0]
    }

    mutating func removeNodes(_ removed: Set<NodeID>) {
        guard !removed.isEmpty else { return }
        nodes = nodes.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
    }

    func isConstant(_ tensor: TensorID) -> Bool { tensor >= 0 && tensors[tensor].constant != nil }

    /// A constant's values as floats, dequantised; nil for what is computed or of a type without values.
    func floatValues(_ tensor: TensorID) -> [Float]? {
        guard tensor >= 0, let bytes = tensors[tensor].constant else { return nil }
        let record = tensors[tensor]
        let raw: [Float]
        switch record.type {
        case .float32: return bytes.elements(of: Float.self)
        case .float16: return bytes.elements(of: UInt16.self).map(halfToFloat)
        case .int8: raw = bytes.elements(of: Int8.self).map(Float.init)
        case .uint8: raw = bytes.map(Float.init)
        case .int16: raw = bytes.elements(of: Int16.self).map(Float.init)
        case .int32: raw = bytes.elements(of: Int32.self).map(Float.init)
        }
        guard let quantization = record.quantization, quantization.scale != 0 else { return raw }
        guard let axis = quantization.axis, quantization.scales.count > 1 else {
            return raw.map { ($0 - Float(quantization.zeroPoint)) * quantization.scale }
        }
        let inner = record.shape[(axis + 1)...].reduce(1, *), length = record.shape[axis]
        return raw.enumerated().map { index, value in
            let slice = index / inner % length
            let zero = slice < quantization.zeroPoints.count ? quantization.zeroPoints[slice] : 0
            return (value - Float(zero)) * quantization.scales[slice]
        }
    }

    /// A failure that names the node.
    func failure(_ node: Node, _ text: String, kind: Failure.Kind = .unsupported) -> Failure {
        Failure(kind, "\(node.operation.title) \"\(node.name)\": \(text)")
    }
}

/// IEEE half precision by bits: x86 builds of Swift have no Float16 to convert with.
func halfToFloat(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 31), fraction = Float(bits & 1023) / 1024
    switch exponent {
    case 0: return sign * fraction * 0x1p-14
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * (1 + fraction) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
}
