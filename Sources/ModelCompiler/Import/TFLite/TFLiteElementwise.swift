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

    mutating func mean(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), rank = shape(x).count
        let axes = try integers(item, 1).map { $0 < 0 ? $0 + rank : $0 }
        try add(item, .mean(axes: axes, keepDimensions: item.options?.bool(0) ?? false), inputs: [x], outputs: [output(item)])
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
