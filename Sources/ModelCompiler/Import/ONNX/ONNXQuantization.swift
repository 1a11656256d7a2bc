import Nest
import Platform

/// QuantizeLinear and DequantizeLinear: what ONNX Runtime's quantiser puts around the operators of a float model. Each becomes a
/// conversion; `absorbQuantization` then makes the operators between them int8.
extension ONNXImporter {
    mutating func quantizeLinear(_ node: ONNXNode) throws {
        let x = try value(node, 0), (quantization, isUnsigned) = try parameters(node, x.shape, isComputed: true)
        let id = try tensor(x, node.name + "/constant")
        let y = try append(node.name, .quantize, [id], type: .int8)
        graph.tensors[y].quantization = quantization
        graph.isQuantizedByPairs = true
        if isUnsigned { unsigned.insert(y) }
        set(node, ONNXValue(shape: x.shape, id: y, isChannelsLast: x.isChannelsLast))
    }

    mutating func dequantizeLinear(_ node: ONNXNode) throws {
        let x = try value(node, 0)
        guard let constant = x.constant else {
            let (quantization, _) = try parameters(node, x.shape, isComputed: true)
            guard graph.tensors[x.id].quantization == quantization else {
                throw Failure(.unsupported, "another scale or zero point than its input was quantised with")
            }
            let y = try append(node.name, .quantize, [x.id], type: .float32)
            return set(node, ONNXValue(shape: x.shape, id: y, isChannelsLast: x.isChannelsLast))
        }
        guard let integers = constant.integers, [2, 3, 6].contains(constant.type), !integers.isEmpty else {
            throw Failure(.unsupported, "constants of element type \(constant.type); int8, uint8 and int32 work")
        }
        let (quantization, _) = try parameters(node, x.shape, isComputed: false)
        let inner = quantization.axis.map { constant.shape[($0 + 1)...].reduce(1, *) } ?? 1, channels = quantization.scales.count
        try budget.charge(4 * integers.count)
        let reals = integers.enumerated().map { index, integer -> Float in
            let channel = index / inner % channels
            return Float(integer - Int(quantization.zeroPoints[channel])) * quantization.scales[channel]
        }
        set(node, ONNXValue(constant: ONNXConstant(shape: constant.shape, .floats(reals))))
        if let name = node.outputs.first { quantizations[name] = quantization }
    }

    /// Scales and zero points; those of computed uint8 values for the same values as int8.
    private func parameters(_ node: ONNXNode, _ shape: [Int], isComputed: Bool) throws -> (Quantization, isUnsigned: Bool) {
        let scales = try constant(node, 1), zeros = try optional(node, 2) == nil ? nil : try constant(node, 2)
        guard node.integer("block_size", 0) == 0, scales.shape.count <= 1, let steps = scales.floats, !steps.isEmpty,
              steps.allSatisfy({ $0.isNormal && $0 > 0 }), zeros.map({ $0.count == steps.count }) ?? true else {
            throw Failure(.unsupported, "scales of shape \(scales.shape); positive ones for the whole or along an axis work")
        }
        let type = zeros?.type ?? node.integer("output_dtype", 2)
        guard [2, 3].contains(type) || (!isComputed && type == 6) else {
            throw Failure(.unsupported, "element type \(type); int8 and uint8 work")
        }
        let axis = try positive(node.integer("axis", 1), rank: max(shape.count, 2))
        guard steps.count == 1 || (!isComputed && shape.indices.contains(axis) && shape[axis] == steps.count) else {
            throw Failure(.unsupported, "\(steps.count) scales for computed values of shape \(shape)")
        }
        let shift = isComputed && type == 2 ? 128 : 0
        let points = (zeros?.integers ?? Array(repeating: 0, count: steps.count)).map { Int32(clamping: $0 - shift) }
        return (Quantization(scales: steps, zeroPoints: points, axis: steps.count == 1 ? nil : axis), type == 2)
    }

    /// Notes on a float constant the quantisation that it came from, with the axis that the scales run along now.
    mutating func keepQuantization(_ id: TensorID, of name: String, from axis: Int, to place: Int) {
        guard var quantization = quantizations[name], quantization.axis == nil || quantization.axis == axis else { return }
        if quantization.axis != nil { quantization.axis = place }
        graph.tensors[id].quantization = quantization
    }

    /// Says of bytes that the model's outputs are uint8.
    mutating func noteUnsignedOutputs() throws {
        let bytes = graph.outputs.filter { graph.tensors[$0].type == .int8 }, count = bytes.filter(unsigned.contains).count
        guard count == 0 || count == bytes.count else { throw Failure(.unsupported, "ONNX file: outputs of int8 and of uint8") }
        if count > 0 { graph.metadata["output.unsigned"] = "1" }
    }
}
