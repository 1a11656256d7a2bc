import Platform

/// Tensors of a speech model by name and shape; each fails with `badFormat` where the file has them otherwise.
protocol SpeechTensors {
    func matrix(_ name: String, rows: Int, columns: Int) throws -> TransformerModel.EncodedMatrix
    /// Finite numbers.
    func floats(_ name: String, shape: [Int]) throws -> [Float]
    func shape(_ name: String) -> [Int]?
    /// What stands between a layer's name and "weight" or "bias".
    var separator: String { get }
}

extension SpeechTensors {
    func projection(_ name: String, rows: Int, columns: Int) throws -> SpeechModel.Projection {
        SpeechModel.Projection(matrices: [try matrix(name + weightSuffix, rows: rows, columns: columns)],
                               bias: try floats(name + biasSuffix, shape: [rows]))
    }

    func convolution(_ name: String, outputs: Int, inputs: Int) throws -> SpeechModel.Convolution {
        SpeechModel.Convolution(weights: try floats(name + weightSuffix, shape: [outputs, inputs, 3]),
                                bias: try floats(name + biasSuffix, shape: [outputs]))
    }

    private var weightSuffix: String { separator + "weight" }
    private var biasSuffix: String { separator + "bias" }

    /// A dimension of a tensor inside believable bounds.
    func dimension(_ axis: Int, of name: String, in bounds: ClosedRange<Int>) throws -> Int {
        guard let shape = shape(name), shape.indices.contains(axis) else { throw Failure(.badFormat, "'\(name)' is missing or too flat") }
        guard bounds.contains(shape[axis]) else {
            throw Failure(.unsupported, "'\(name)' has the shape \(shape), which is no Whisper's")
        }
        return shape[axis]
    }
}
