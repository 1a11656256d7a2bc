import Foundation
import Nest
import Platform

/// Complex values of a graph: two float32 tensors of one shape.
struct TFLiteComplex {
    var real: TensorID, imaginary: TensorID
}

/// Fourier transforms of rows, as sound models have them, written as products with cosines and sines. That takes more
/// multiplications than a fast transform and needs no instruction of its own.
extension TFLiteImporter {
    /// Longest row, in elements.
    private static let longestRow = 4096

    /// Inputs: x (…, 1, samples), lengths (1, n). Rows are cut or filled with zeros to n; the result has n / 2 + 1 frequencies.
    mutating func realTransform(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), lengths = try integers(item, 1), s = shape(x)
        guard graph.tensors[x].type == .float32, lengths.count == 2, s.count >= 2, lengths[0] == 1, s[s.count - 2] == 1,
              (1...Self.longestRow).contains(lengths[1]), s[s.count - 1] <= Self.longestRow,
              lengths[1] & (lengths[1] - 1) == 0, let output = item.outputs.first else {
            throw Failure(.unsupported, "a transform of lengths \(lengths) over \(s); single rows of a power of two work")
        }
        let (n, columns) = (lengths[1], s[s.count - 1]), shape = Array(s.dropLast()) + [lengths[1] / 2 + 1]
        func part(_ name: String, _ function: (Double) -> Double) throws -> TensorID {
            let weights = try waves(name, n: n, columns: columns, function)
            return real(item, name, .fullyConnected(.none), [x, weights, -1], shape)
        }
        complexes[output] = TFLiteComplex(real: try part("cosines") { cos($0) }, imaginary: try part("sines") { -sin($0) })
    }

    /// Rows of one frequency each, shared by all transforms of the same length.
    private mutating func waves(_ name: String, n: Int, columns: Int, _ function: (Double) -> Double) throws -> TensorID {
        let key = "\(name) of \(n) over \(columns)"
        if let known = waves[key] { return known }
        // A quarter of it: small models of sound may have long transforms.
        try budget.charge((n / 2 + 1) * columns)
        let table = (0..<n).map { Float(function(2 * .pi * Double($0) / Double(n))) }
        var values: [Float] = []
        values.reserveCapacity((n / 2 + 1) * columns)
        for frequency in 0...n / 2 {
            for sample in 0..<columns { values.append(sample < n ? table[frequency * sample % n] : 0) }
        }
        let id = graph.addConstant(key, shape: [n / 2 + 1, columns], floats: values)
        waves[key] = id
        return id
    }

    mutating func complexMagnitude(_ item: TFLiteOperator) throws {
        let x = try complex(item), s = shape(x.real), y = try output(item)
        let squares = [x.real, x.imaginary].enumerated().map { index, id in
            real(item, "square\(index)", .binary(.multiply, .none), [id, id], s)
        }
        let sum = real(item, "sum", .binary(.add, .none), squares, s)
        add(item, .unary(.squareRoot, alpha: 0, beta: 0), inputs: [sum], outputs: [y])
    }

    mutating func complexPart(_ item: TFLiteOperator, isReal: Bool) throws {
        let x = try complex(item)
        tensors.alias(item.outputs.first ?? -1, to: isReal ? x.real : x.imaginary)
    }

    /// Complex values in another shape; false where the operator's input is none.
    mutating func reshapesComplex(_ item: TFLiteOperator) throws -> Bool {
        guard let first = item.inputs.first, let x = complexes[first], let output = item.outputs.first else { return false }
        let (_, shape) = try tensors.described(output)
        guard try Limits.elements(shape, of: item.name) == graph.tensors[x.real].elements else {
            throw Failure(.badFormat, "\(self.shape(x.real)) can't become \(shape)")
        }
        complexes[output] = TFLiteComplex(real: real(item, "real", .reshape, [x.real], shape),
                                          imaginary: real(item, "imaginary", .reshape, [x.imaginary], shape))
        return true
    }

    private func complex(_ item: TFLiteOperator) throws -> TFLiteComplex {
        guard let first = item.inputs.first, let found = complexes[first] else {
            throw Failure(.unsupported, "complex values that no RFFT2D computes")
        }
        return found
    }
}
