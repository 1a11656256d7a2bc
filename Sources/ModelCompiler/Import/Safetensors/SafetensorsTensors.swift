import Foundation
import Platform

/// The tensors of a folder in Hugging Face's layout, from one file or several, taken by name and shape.
final class SafetensorsTensors {
    private var tensors: [String: (file: SafetensorsFile, tensor: SafetensorsFile.Tensor)] = [:]
    private var taken: Set<String> = []

    init(folder: String) throws {
        for name in try Self.files(folder) {
            let file = try SafetensorsFile(SourceBytes(path: folder + "/" + name), name: name)
            for (key, tensor) in file.tensors {
                guard tensors.updateValue((file, tensor), forKey: key) == nil else {
                    throw Failure(.badFormat, "\(name): tensor '\(key)' is in another file too")
                }
            }
        }
    }

    /// model.safetensors, or the parts that model.safetensors.index.json lists.
    private static func files(_ folder: String) throws -> [String] {
        if File.exists(folder + "/model.safetensors") { return ["model.safetensors"] }
        let index = "model.safetensors.index.json"
        guard File.exists(folder + "/" + index) else {
            throw Failure(.inputOutput, "neither model.safetensors nor \(index) is in the folder")
        }
        guard let map = try JSONFields(path: folder + "/" + index, what: index).object("weight_map") else {
            throw Failure(.badFormat, "\(index): 'weight_map' is missing")
        }
        let names = Set(map.fields.values.compactMap { $0 as? String }).sorted()
        guard names.count <= 1024, names.allSatisfy({ !$0.contains("/") && $0.hasSuffix(".safetensors") }) else {
            throw Failure(.badFormat, "\(index): it names files that can't be parts of the model")
        }
        return names
    }

    func has(_ name: String) -> Bool { tensors[name] != nil }

    func shape(_ name: String) -> [Int]? { tensors[name]?.tensor.shape }

    func floats(_ name: String, shape: [Int]) throws -> [Float] {
        let (file, tensor, encoding) = try take(name, shape: shape)
        return try floatVector(UnsafeRawBufferPointer(rebasing: file.source.bytes[tensor.place]), encoding, what: "tensor '\(name)'")
    }

    func matrix(_ name: String, rows: Int, columns: Int) throws -> TransformerModel.EncodedMatrix {
        let (file, tensor, encoding) = try take(name, shape: [rows, columns])
        return TransformerModel.EncodedMatrix(name: name, rows: rows, columns: columns, encoding: encoding,
                                              bytes: file.source.view(tensor.place))
    }

    /// `offset` is added to each value.
    func vector(_ name: String, _ count: Int, offset: Float) throws -> [Float] {
        let (file, tensor, encoding) = try take(name, shape: [count])
        return try floatVector(UnsafeRawBufferPointer(rebasing: file.source.bytes[tensor.place]), encoding, what: "tensor '\(name)'").map {
            $0 + offset
        }
    }

    /// Throws where tensors are left that the model as imported doesn't use.
    func finish(architecture: String) throws {
        // Older files carry the rotation's frequencies, which follow from the configuration.
        let left = tensors.keys.filter { !taken.contains($0) && !$0.hasSuffix(".rotary_emb.inv_freq") }.sorted()
        guard let first = left.first else { return }
        throw Failure(.unsupported,
            "tensor '\(first)'\(left.count > 1 ? " and \(left.count - 1) more are" : " is") no part of the \(architecture) models that can "
                + "be imported")
    }

    private func take(_ name: String, shape: [Int]) throws -> (SafetensorsFile, SafetensorsFile.Tensor, TransformerModel.Encoding) {
        guard let (file, tensor) = tensors[name] else { throw Failure(.badFormat, "tensor '\(name)' is missing") }
        guard tensor.shape == shape else {
            throw Failure(.badFormat, "tensor '\(name)' has the shape \(tensor.shape), but config.json asks for \(shape)")
        }
        let encodings: [String: TransformerModel.Encoding] = ["F32": .f32, "F16": .f16, "BF16": .bf16]
        guard let encoding = encodings[tensor.type] else {
            throw Failure(.unsupported, "tensor '\(name)' is \(tensor.type); F32, F16 and BF16 can be imported")
        }
        taken.insert(name)
        return (file, tensor, encoding)
    }
}
