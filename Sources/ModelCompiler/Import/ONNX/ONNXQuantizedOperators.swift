import Nest
import Platform

/// The older format of ONNX Runtime's quantiser (`QuantFormat.QOperator`): operators that take and give integers with their scales
/// and zero points. Each is written as the float operator between DequantizeLinear and QuantizeLinear, the newer format, which
/// `absorbQuantization` makes int8 again.
enum ONNXQuantizedOperators {
    /// The operators of the domain com.microsoft that are known.
    static let runtimeOwn: Set<String> = [
        "QLinearAdd", "QLinearMul", "QLinearConcat", "QLinearGlobalAveragePool", "QLinearAveragePool", "QLinearSigmoid",
        "QLinearLeakyRelu", "QLinearSoftmax", "QGemm", "QuantizeLinear", "DequantizeLinear",
    ]

    /// The float operator in a quantised one.
    static let inner: [String: String] = [
        "QLinearConv": "Conv", "QLinearMatMul": "MatMul", "QLinearAdd": "Add", "QLinearMul": "Mul", "QLinearConcat": "Concat",
        "QLinearGlobalAveragePool": "GlobalAveragePool", "QLinearAveragePool": "AveragePool", "QLinearSigmoid": "Sigmoid",
        "QLinearLeakyRelu": "LeakyRelu", "QLinearSoftmax": "Softmax", "QGemm": "Gemm",
    ]

    /// Operators that stand among integers in that format and give their first input's values, moved or chosen.
    static let movers: Set<String> = [
        "MaxPool", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Split", "Gather", "Identity", "DepthToSpace",
        "SpaceToDepth", "Expand", "Tile",
    ]
}

extension ONNXImporter {
    /// Inputs come in threes (value, scale, zero point); `results` says where the scale of the result stands.
    mutating func quantized(_ node: ONNXNode, values: [Int], result: Int, depth: Int) throws {
        var inner = try inner(node)
        inner.inputs = try values.map { try dequantized(node, $0, depth: depth) }
        if node.operation == "QLinearSoftmax" {
            // The runtime's own says by an attribute which version of the operator is meant.
            guard node.integer("opset", 13) >= 13 || node.integer("axis", -1) == -1 else {
                throw Failure(.unsupported, "a softmax of operator set \(node.integer("opset", 13)) that isn't over the last axis")
            }
            inner.attributes["opset"] = nil
        }
        if inner.attributes["channels_last"]?.integer == 0 { inner.attributes["channels_last"] = nil }
        try emit(node, inner, scale: result, depth: depth)
    }

    /// x, scale, zero point, weights, scale, zero point, the result's scale and zero point, bias? in steps of both scales.
    mutating func quantizedConvolution(_ node: ONNXNode, depth: Int) throws {
        var inner = try inner(node)
        inner.inputs = [try dequantized(node, 0, depth: depth), try dequantized(node, 3, axis: 0, depth: depth)]
        if try optional(node, 8) != nil { inner.inputs.append(try bias(node, 8, factor: 1, depth: depth)) }
        try emit(node, inner, scale: 6, depth: depth)
    }

    /// As the convolution, with the bias before the result's scale; without that the result is real.
    mutating func quantizedGemm(_ node: ONNXNode, depth: Int) throws {
        var inner = try inner(node)
        let isTurned = node.integer("transB", 0) != 0
        inner.inputs = [try dequantized(node, 0, depth: depth), try dequantized(node, 3, axis: isTurned ? 0 : 1, depth: depth)]
        if try optional(node, 6) != nil { inner.inputs.append(try bias(node, 6, factor: node.float("alpha", 1), depth: depth)) }
        guard try optional(node, 7) == nil else { return try emit(node, inner, scale: 7, depth: depth) }
        inner.outputs = node.outputs
        try run([inner], depth: depth)
    }

    /// The result's scale and zero point, then values in threes.
    mutating func quantizedConcatenation(_ node: ONNXNode, depth: Int) throws {
        var inner = try inner(node)
        guard node.inputs.count >= 5, node.inputs.count % 3 == 2 else { throw Failure(.badFormat, "\(node.inputs.count) inputs") }
        inner.inputs = try stride(from: 2, to: node.inputs.count, by: 3).map { try dequantized(node, $0, depth: depth) }
        try emit(node, inner, scale: 0, depth: depth)
    }

    /// A mover between integers, which gives integers of its input's scale. False where the node is none.
    mutating func movesIntegers(_ node: ONNXNode, depth: Int) throws -> Bool {
        guard node.domain.isEmpty || node.domain == "ai.onnx", ONNXQuantizedOperators.movers.contains(node.operation),
              let name = node.inputs.first, let value = values[name], value.id >= 0, graph.tensors[value.id].type == .int8,
              let quantization = graph.tensors[value.id].quantization, quantization.scales.count == 1 else { return false }
        let isUnsigned = unsigned.contains(value.id), point = Int(quantization.zeroPoint) + (isUnsigned ? 128 : 0)
        let scale = node.name + "/scale", zero = node.name + "/zero"
        var zeroPoint = ONNXConstant(shape: [], .integers([point]))
        zeroPoint.type = isUnsigned ? 2 : 3
        values[scale] = ONNXValue(constant: ONNXConstant(shape: [], .floats([quantization.scale])))
        values[zero] = ONNXValue(constant: zeroPoint)
        var inner = node
        inner.attributes = node.attributes.taken()
        inner.inputs[0] = name + "/real"
        inner.outputs = node.outputs.map { $0.isEmpty ? $0 : $0 + "/real" }
        let before = conversion("DequantizeLinear", node, [name, scale, zero], inner.inputs[0])
        let after = node.outputs.filter { !$0.isEmpty }.map { conversion("QuantizeLinear", node, [$0 + "/real", scale, zero], $0) }
        try run([before, inner] + after, depth: depth)
        return true
    }

    // MARK: parts

    /// The float operator with the attributes of the quantised one.
    private func inner(_ node: ONNXNode) throws -> ONNXNode {
        guard let operation = ONNXQuantizedOperators.inner[node.operation] else { throw Failure(.badFormat, "no quantised operator") }
        var inner = ONNXNode(index: node.index, name: node.name, operation: operation, inputs: [], outputs: [])
        inner.attributes = node.attributes.taken()
        return inner
    }

    private func conversion(_ operation: String, _ node: ONNXNode, _ inputs: [String], _ output: String) -> ONNXNode {
        ONNXNode(index: node.index, name: output, operation: operation, inputs: inputs, outputs: [output])
    }

    /// Emits a DequantizeLinear of three inputs from `position` on; gives the name of what it makes.
    private mutating func dequantized(_ node: ONNXNode, _ position: Int, axis: Int? = nil, depth: Int) throws -> String {
        _ = try value(node, position)
        guard node.inputs.indices.contains(position + 1) else { throw Failure(.badFormat, "input \(position + 1) is absent") }
        let name = "\(node.name)/\(node.outputs.first ?? "")/real\(position)"
        var conversion = conversion("DequantizeLinear", node, Array(node.inputs[position...].prefix(3)), name)
        if let axis { conversion.attributes["axis"] = ONNXAttribute(integer: axis) }
        try run([conversion], depth: depth)
        return name
    }

    /// The bias, in steps of the input's scale times the weights'.
    private mutating func bias(_ node: ONNXNode, _ position: Int, factor: Float, depth: Int) throws -> String {
        guard let x = try constant(node, 1).floats?.first, let w = try constant(node, 4).floats, !w.isEmpty else {
            throw Failure(.unsupported, "scales that aren't real constants")
        }
        let name = "\(node.name)/\(node.outputs.first ?? "")/bias", scale = name + "/scale"
        values[scale] = ONNXValue(constant: ONNXConstant(shape: w.count == 1 ? [] : [w.count], .floats(w.map { $0 * x * factor })))
        var conversion = conversion("DequantizeLinear", node, [node.inputs[position], scale], name)
        conversion.attributes["axis"] = ONNXAttribute(integer: 0)
        try run([conversion], depth: depth)
        return name
    }

    /// The float operator, then the quantisation of its result by the node's scale and zero point.
    private mutating func emit(_ node: ONNXNode, _ inner: ONNXNode, scale: Int, depth: Int) throws {
        guard let output = node.outputs.first, node.inputs.indices.contains(scale) else { throw Failure(.badFormat, "it has no result") }
        for position in node.inputs.indices { node.attributes.readInput(position) }
        var inner = inner
        inner.outputs = [output + "/real"]
        try run([inner, conversion("QuantizeLinear", node, [output + "/real"] + node.inputs[scale...].prefix(2), output)], depth: depth)
    }
}
