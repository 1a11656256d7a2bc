import Nest
import Platform

/// Models of ONNX Runtime's dynamic quantiser: int8 weights beside activations that are rounded anew in every run. The weights are
/// taken exactly, the activations stay real, as with TFLite's models of that kind.
extension ONNXImporter {
    /// Gives the real values, scale 1 and zero point 0 instead of rounded values and their scale.
    mutating func quantizeDynamically(_ node: ONNXNode) throws {
        let x = try value(node, 0)
        set(node, x)
        set(node, ONNXValue(constant: ONNXConstant(shape: [], .floats([1]))), output: 1)
        var zero = ONNXConstant(shape: [], .integers([0]))
        zero.type = 2
        set(node, ONNXValue(constant: zero), output: 2)
        if let name = node.outputs.first { unrounded.insert(name) }
    }

    /// MatMulInteger and ConvInteger: a, b, zero points of both. The sums are real.
    mutating func integerProduct(_ node: ONNXNode, _ operation: String, depth: Int) throws {
        guard let first = node.inputs.first, unrounded.contains(first), try value(node, 0).constant == nil else {
            throw Failure(.unsupported, "integers that aren't made by DynamicQuantizeLinear")
        }
        let b = try constant(node, 1)
        guard let integers = b.integers, !integers.isEmpty, b.shape.count >= 2, [2, 3].contains(b.type) else {
            throw Failure(.unsupported, "weights of type \(b.type) and shape \(b.shape)")
        }
        if let zero = try optional(node, 2)?.constant?.integers, zero != [0] {
            throw Failure(.unsupported, "a zero point \(zero.prefix(4))")
        }
        let zeros = try optional(node, 3) == nil ? [0] : try constant(node, 3).integers ?? []
        // Those of columns belong to a matrix's last axis, to a kernel's first.
        let inner = operation == "Conv" ? b.shape.dropFirst().reduce(1, *) : 1, columns = operation == "Conv" ? b.shape[0] : b.shape.last
        guard !zeros.isEmpty, zeros.count == 1 || zeros.count == columns else {
            throw Failure(.unsupported, "\(zeros.count) zero points for weights of shape \(b.shape)")
        }
        try budget.charge(4 * integers.count)
        let reals = integers.enumerated().map { Float($1 - zeros[zeros.count == 1 ? 0 : $0 / inner % zeros.count]) }
        let name = node.inputs[1] + "/whole"
        values[name] = ONNXValue(constant: ONNXConstant(shape: b.shape, .floats(reals)))
        values[first + "/real"] = try value(node, 0)
        var product = ONNXNode(index: node.index, name: node.name, operation: operation, inputs: [first + "/real", name],
                               outputs: node.outputs)
        product.attributes = node.attributes.taken()
        try run([product], depth: depth)
        unroundedSums.formUnion(node.outputs)
    }

    /// Refuses readers that would see the integers themselves.
    func requireReader(_ node: ONNXNode) throws {
        for name in node.inputs {
            let isProduct = node.operation == "MatMulInteger" || node.operation == "ConvInteger"
            guard !unrounded.contains(name) || isProduct, !unroundedSums.contains(name) || node.operation == "Cast" else {
                throw Failure(.unsupported, "it reads integers of a scale that is computed in every run")
            }
        }
    }

    /// Refuses outputs that would be integers.
    func requireRounded(_ name: String) throws {
        guard !unrounded.contains(name), !unroundedSums.contains(name) else {
            throw Failure(.unsupported, "ONNX file: its output '\(name.prefix(80))' holds integers of a scale computed in every run")
        }
    }
}
