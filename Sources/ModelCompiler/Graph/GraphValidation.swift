import Nest
import Platform

extension Graph {
    /// Checks what lowering relies on: indices in range, sizes that fit, nodes in execution order.
    ///
    /// - Throws: a `badFormat` failure that names the tensor or node.
    public func validate() throws {
        for tensor in tensors {
            var elements = 1
            for size in tensor.shape {
                let (product, overflow) = elements.multipliedReportingOverflow(by: size)
                guard size > 0, !overflow, product <= 1 << 29 else {
                    throw Failure(.badFormat, "tensor \"\(tensor.name)\" has the shape \(tensor.shape), which is empty or too large")
                }
                elements = product
            }
            if let constant = tensor.constant, constant.count != elements * tensor.type.size {
                throw Failure(.badFormat,
                    "tensor \"\(tensor.name)\" of shape \(tensor.shape) holds \(constant.count) bytes instead of "
                        + "\(elements * tensor.type.size)")
            }
            if let quantization = tensor.quantization {
                guard !quantization.scales.isEmpty, !quantization.zeroPoints.isEmpty,
                      quantization.scales.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
                    throw Failure(.badFormat, "tensor \"\(tensor.name)\" has unusable quantisation parameters")
                }
                if let axis = quantization.axis, quantization.scales.count > 1 {
                    guard tensor.shape.indices.contains(axis), tensor.shape[axis] == quantization.scales.count else {
                        throw Failure(.badFormat,
                            "tensor \"\(tensor.name)\" has \(quantization.scales.count) scales, which don't fit its shape \(tensor.shape)")
                    }
                }
            }
        }
        var ready = Set(inputs)
        for id in inputs + outputs where !tensors.indices.contains(id) {
            throw Failure(.badFormat, "the graph names tensor \(id), which isn't there")
        }
        for node in nodes {
            guard !node.inputs.isEmpty, !node.outputs.isEmpty, node.inputs[0] >= 0, node.outputs[0] >= 0 else {
                throw failure(node, "lacks inputs or outputs", kind: .badFormat)
            }
            for input in node.inputs where input != -1 {
                guard tensors.indices.contains(input) else {
                    throw failure(node, "reads tensor \(input), which isn't there", kind: .badFormat)
                }
                guard ready.contains(input) || tensors[input].constant != nil || tensors[input].isState else {
                    throw failure(node, "reads \"\(tensors[input].name)\" before it is computed", kind: .badFormat)
                }
            }
            for output in node.outputs where output != -1 {
                guard tensors.indices.contains(output) else {
                    throw failure(node, "writes tensor \(output), which isn't there", kind: .badFormat)
                }
                ready.insert(output)
            }
        }
        for output in outputs where !ready.contains(output) && tensors[output].constant == nil {
            throw Failure(.badFormat, "output \"\(tensors[output].name)\" is never computed")
        }
    }
}
