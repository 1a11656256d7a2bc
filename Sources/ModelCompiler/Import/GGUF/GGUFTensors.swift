import Platform

/// Takes tensors out of a GGUF file by name and shape, and remembers which: what nobody took would change the result.
final class GGUFTensors {
    private let file: GGUFFile
    private var taken: Set<String> = []

    init(_ file: GGUFFile) { self.file = file }

    func matrix(_ name: String, rows: Int, columns: Int) throws -> TransformerModel.EncodedMatrix {
        let tensor = try take(name, shape: [columns, rows])
        return TransformerModel.EncodedMatrix(name: name, rows: rows, columns: columns, encoding: tensor.encoding,
                                              bytes: file.source.view(tensor.place))
    }

    func vector(_ name: String, _ count: Int) throws -> [Float] {
        let tensor = try take(name, shape: [count])
        return try floatVector(UnsafeRawBufferPointer(rebasing: file.source.bytes[tensor.place]), tensor.encoding,
                               what: "GGUF file: tensor '\(name)'")
    }

    func has(_ name: String) -> Bool { file.tensors[name] != nil }

    /// Rows of a matrix that sets a size of the model (the embedding: the vocabulary).
    func rows(of name: String) throws -> Int {
        let tensor = try find(name)
        guard tensor.shape.count == 2 else {
            throw Failure(.badFormat, "GGUF file: tensor '\(name)' has the shape \(tensor.shape), not that of a matrix")
        }
        return tensor.shape[1]
    }

    /// Throws where tensors are left that the model as imported doesn't use.
    func finish(architecture: String) throws {
        let left = file.tensors.keys.filter { !taken.contains($0) }.sorted()
        guard let first = left.first else { return }
        throw Failure(.unsupported,
            "GGUF file: tensor '\(first)'\(left.count > 1 ? " and \(left.count - 1) more are" : " is") no part of the \(architecture) "
                + "models that can be imported")
    }

    private func find(_ name: String) throws -> GGUFTensor {
        guard let tensor = file.tensors[name] else { throw Failure(.badFormat, "GGUF file: tensor '\(name)' is missing") }
        return tensor
    }

    private func take(_ name: String, shape: [Int]) throws -> GGUFTensor {
        let tensor = try find(name)
        // Trailing ones say nothing.
        var found = tensor.shape
        while found.count > shape.count, found.last == 1 { found.removeLast() }
        guard found == shape else {
            throw Failure(.badFormat, "GGUF file: tensor '\(name)' has the shape \(tensor.shape), but the hyperparameters ask for \(shape)")
        }
        taken.insert(name)
        return tensor
    }
}
