import Nest
import Platform

/// Operators that are a few others, one after another; float32 where those would round in between.
extension TFLiteImporter {
    /// Rows of length 1, those next to nothing excepted.
    mutating func lengthNormalization(_ item: TFLiteOperator) throws {
        let x = try float32(item), s = shape(x), y = try output(item), row = Array(s.dropLast()) + [1]
        guard let columns = s.last else { throw Failure(.badFormat, "rows of a single number") }
        let squares = real(item, "squares", .binary(.multiply, .none), [x, x], s)
        let mean = real(item, "mean", .mean(axes: [s.count - 1], keepDimensions: true), [squares], row)
        let count = graph.addConstant(item.name + "/count", shape: [], floats: [Float(columns)])
        let sum = real(item, "sum", .binary(.multiply, .none), [mean, count], row)
        let length = real(item, "length", .unary(.squareRoot, alpha: 0, beta: 0), [sum], row)
        // LiteRT's bound for lengths that nothing is divided by.
        let least = graph.addConstant(item.name + "/least", shape: [], floats: [1e-6])
        let divisor = real(item, "divisor", .binary(.maximum, .none), [length, least], row)
        try add(item, .binary(.divide, activation(item, 0)), inputs: [x, divisor], outputs: [y])
    }

    mutating func reduceMinimum(_ item: TFLiteOperator) throws {
        let x = try float32(item), y = try output(item), rank = shape(x).count
        let axes = try integers(item, 1).map { $0 < 0 ? $0 + rank : $0 }, keeps = try item.options?.bool(0) ?? false
        let turned = real(item, "negative", .unary(.negate, alpha: 0, beta: 0), [x], shape(x))
        let greatest = real(item, "greatest", .reduceMaximum(axes: axes, keepDimensions: keeps), [turned], shape(y))
        add(item, .unary(.negate, alpha: 0, beta: 0), inputs: [greatest], outputs: [y])
    }

    /// Elements along some axes from the last to the first.
    mutating func reverse(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), s = shape(x), axes = try integers(item, 1).map { $0 < 0 ? $0 + s.count : $0 }
        guard axes.allSatisfy(s.indices.contains) else { throw Failure(.badFormat, "axes \(axes) of \(s)") }
        let turned = s.indices.map { axes.contains($0) && s[$0] > 1 }
        try add(item, .slice(starts: s.indices.map { turned[$0] ? s[$0] - 1 : 0 }, steps: turned.map { $0 ? -1 : 1 }), inputs: [x],
                outputs: [output(item)])
    }

    private mutating func float32(_ item: TFLiteOperator) throws -> TensorID {
        let x = try input(item, 0)
        guard graph.tensors[x].type == .float32 else {
            throw Failure(.unsupported, "elements of type \(graph.tensors[x].type); float32 works")
        }
        return x
    }
}
