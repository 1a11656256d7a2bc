import Nest
import Platform

/// Operators that change values and keep places.
extension TFLiteImporter {
    mutating func unary(_ item: TFLiteOperator, _ function: UnaryFunction, _ alpha: Float = 0, _ beta: Float = 0) throws {
        try simple(item, .unary(function, alpha: alpha, beta: beta))
    }

    mutating func binary(_ item: TFLiteOperator, _ function: BinaryFunction, hasActivation: Bool = true) throws {
        try add(item, .binary(function, hasActivation ? activation(item, 0) : .none), inputs: [input(item, 0), input(item, 1)],
                outputs: [output(item)])
    }

    mutating func softmax(_ item: TFLiteOperator) throws {
        let x = try input(item, 0)
        try add(item, .softmax(axis: shape(x).count - 1, beta: item.options?.float(0, default: 0) ?? 1), inputs: [x],
                outputs: [output(item)])
    }

    mutating func mean(_ item: TFLiteOperator) throws { try reduce(item) { .mean(axes: $0, keepDimensions: $1) } }

    mutating func reduce(_ item: TFLiteOperator, _ make: (_ axes: [Int], _ keepDimensions: Bool) -> Operation) throws {
        let x = try input(item, 0), rank = shape(x).count
        let axes = try integers(item, 1).map { $0 < 0 ? $0 + rank : $0 }
        try add(item, make(axes, item.options?.bool(0) ?? false), inputs: [x], outputs: [output(item)])
    }

    /// A mean times the number of its elements, both real: int8 sums would be rounded twice.
    mutating func sum(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), y = try output(item), rank = shape(x).count
        guard graph.tensors[x].type == .float32 else {
            throw Failure(.unsupported, "elements of type \(graph.tensors[x].type); float32 works")
        }
        let axes = try integers(item, 1).map { $0 < 0 ? $0 + rank : $0 }
        guard axes.allSatisfy(shape(x).indices.contains) else { throw Failure(.badFormat, "axes \(axes) of \(shape(x))") }
        let mean = graph.addNode(item.name + "/mean", .mean(axes: axes, keepDimensions: try item.options?.bool(0) ?? false), inputs: [x],
                                 output: GraphTensor(name: item.name + "/mean", shape: shape(y), type: .float32))
        let count = graph.addConstant(item.name + "/count", shape: [], floats: [Float(axes.reduce(1) { $0 * shape(x)[$1] })])
        add(item, .binary(.multiply, .none), inputs: [mean, count], outputs: [y])
    }

    mutating func argumentMaximum(_ item: TFLiteOperator) throws {
        let x = try input(item, 0)
        guard let raw = try integers(item, 1).first else { throw Failure(.badFormat, "its axis is absent") }
        _ = try item.options?.integer(0, default: Int8(0))
        try add(item, .argumentMaximum(axis: raw < 0 ? raw + shape(x).count : raw, keepDimensions: false), inputs: [x],
                outputs: [output(item, whole: true)])
    }

    mutating func logSoftmax(_ item: TFLiteOperator) throws {
        let x = try input(item, 0)
        try add(item, .logSoftmax(axis: shape(x).count - 1), inputs: [x], outputs: [output(item)])
    }

    /// float32 and int32 from one to the other; the types in the options repeat the tensors'.
    mutating func cast(_ item: TFLiteOperator) throws {
        let x = try numbers(item), y = try output(item, whole: true)
        let types = [graph.tensors[x].type, graph.tensors[y].type]
        if types[0] == types[1], graph.tensors[x].quantization == graph.tensors[y].quantization {
            return tensors.alias(item.outputs[0], to: x)
        }
        guard Set(types) == [.int32, .float32], graph.tensors[x].constant == nil else {
            throw Failure(.unsupported, "from \(types[0]) to \(types[1]); int32 and float32 work")
        }
        add(item, .quantize, inputs: [x], outputs: [y])
    }

    mutating func addAll(_ item: TFLiteOperator) throws {
        var sum = try input(item, 0)
        for position in item.inputs.indices.dropFirst() {
            let part = try input(item, position)
            guard position < item.inputs.count - 1 else {
                return try add(item, .binary(.add, .none), inputs: [sum, part], outputs: [output(item)])
            }
            guard graph.tensors[sum].type == .float32 else { throw Failure(.unsupported, "sums of more than two int8 tensors") }
            sum = graph.addNode("\(item.name)/sum\(position)", .binary(.add, .none), inputs: [sum, part],
                                output: GraphTensor(name: item.name, shape: shape(sum), type: .float32))
        }
        throw Failure(.unsupported, "a sum of one tensor")
    }

    /// Between quantised tensors of the same type, scale and zero point there is nothing to compute: the uint8 edge of
    /// an int8 model disappears here.
    mutating func quantize(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), y = try output(item)
        guard graph.tensors[x].type == graph.tensors[y].type, graph.tensors[x].quantization == graph.tensors[y].quantization,
              shape(x) == shape(y), graph.tensors[y].constant == nil else {
            return add(item, .quantize, inputs: [x], outputs: [y])
        }
        tensors.alias(item.outputs[0], to: x)
    }

    mutating func dequantize(_ item: TFLiteOperator) throws {
        let x = try input(item, 0)
        guard graph.tensors[x].constant != nil, item.outputs.count == 1 else {
            return add(item, .quantize, inputs: [x], outputs: [try output(item)])
        }
        // float16 constants have become float32 while they were read.
        let id = graph.tensors[x].type == .float32 ? x : graph.addTensor(try tensors.dequantized(graph.tensors[x]))
        tensors.alias(item.outputs[0], to: id)
    }

    /// Bytes that have no scale count as whole numbers: they are dequantised by 1.
    private mutating func numbers(_ item: TFLiteOperator) throws -> TensorID {
        let x = try input(item, 0)
        guard graph.tensors[x].type == .int8, graph.tensors[x].quantization == nil, graph.tensors[x].constant == nil else { return x }
        graph.tensors[x].quantization = Quantization(scale: 1, zeroPoint: try tensors.isUnsigned(item.inputs[0]) ? -128 : 0)
        return real(item, "number", .quantize, [x], shape(x))
    }

    /// A constant that was stored sparse is dense since it was read.
    mutating func densify(_ item: TFLiteOperator) throws {
        let x = try input(item, 0)
        guard graph.tensors[x].constant != nil else { throw Failure(.unsupported, "a computed sparse tensor") }
        tensors.alias(item.outputs.first ?? -1, to: x)
    }

    mutating func resize(_ item: TFLiteOperator, _ mode: ResizeMode, firstFlag: Int) throws {
        let alignCorners = try item.options?.bool(firstFlag) ?? false, halfPixels = try item.options?.bool(firstFlag + 1) ?? false
        guard !alignCorners || !halfPixels || mode == .nearest else {
            throw Failure(.unsupported, "'align_corners' and 'half_pixel_centers' exclude each other; LiteRT refuses them together too")
        }
        try simple(item, .resize(mode, alignCorners: alignCorners, halfPixelCentres: halfPixels))
    }

    /// One input, one output, nothing to look up.
    mutating func simple(_ item: TFLiteOperator, _ operation: Operation) throws {
        try add(item, operation, inputs: [input(item, 0)], outputs: [output(item)])
    }
}
