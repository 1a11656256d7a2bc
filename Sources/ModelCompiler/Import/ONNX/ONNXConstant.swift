import Nest
import Platform

/// A value known while importing, in ONNX's own layout: weights, and the whole numbers that shapes are computed from.
struct ONNXConstant {
    enum Elements {
        case floats([Float])
        /// All integer types and booleans.
        case integers([Int])
    }

    var shape: [Int]
    var elements: Elements
    /// The file's element type (onnx.proto); 0 where it was computed.
    var type = 0

    init(shape: [Int], _ elements: Elements) {
        self.shape = shape
        self.elements = elements
    }

    var count: Int {
        switch elements {
        case .floats(let list): list.count
        case .integers(let list): list.count
        }
    }

    var integers: [Int]? { if case .integers(let list) = elements { list } else { nil } }
    var floats: [Float]? { if case .floats(let list) = elements { list } else { nil } }

    /// Elements as real numbers, whatever their type.
    var reals: [Float] {
        switch elements {
        case .floats(let list): list
        case .integers(let list): list.map { Float($0) }
        }
    }

    /// Each element of the result from the place in this one that `places` names.
    func gathered(_ places: [Int], shape: [Int]) -> ONNXConstant {
        switch elements {
        case .floats(let list): ONNXConstant(shape: shape, .floats(places.map { list[$0] }))
        case .integers(let list): ONNXConstant(shape: shape, .integers(places.map { list[$0] }))
        }
    }

    /// Reads a tensor of the file.
    init(_ tensor: ONNXTensor, reader: SourceReader, budget: ImportBudget) throws {
        let name = tensor.name.isEmpty ? "constant" : String(tensor.name.prefix(80))
        guard !tensor.isExternal else {
            throw Failure(.unsupported, "'\(name)' is stored in a file of its own; save the model as one file")
        }
        // ONNX has empty constants (an absent region of interest), the graph hasn't.
        let isEmpty = tensor.shape.contains(0)
        let elements = isEmpty ? 0 : try Limits.elements(tensor.shape, of: name)
        let size = [1: 4, 10: 2, 11: 8, 7: 8, 6: 4, 2: 1, 3: 1, 9: 1][tensor.type]
        guard let size else { throw Failure(.unsupported, "'\(name)' has element type \(tensor.type), which can't be imported") }
        let isReal = [1, 10, 11].contains(tensor.type)
        try budget.charge(elements * (isReal ? 4 : 8))
        shape = isEmpty ? [0] : tensor.shape
        type = tensor.type
        guard let raw = tensor.raw else {
            let stored = isReal ? tensor.floats.count : tensor.integers.count
            guard tensor.type != 10, tensor.type != 11, stored == elements else {
                throw Failure(.badFormat, "'\(name)' of shape \(tensor.shape) has \(stored) elements")
            }
            self.elements = isReal ? .floats(tensor.floats) : .integers(tensor.integers)
            return
        }
        guard raw.count == elements * size else { throw Failure(.badFormat, "'\(name)' of shape \(tensor.shape) has \(raw.count) bytes") }
        let bytes = Array(try reader.slice(at: raw.lowerBound, length: raw.count))
        self.elements = switch tensor.type {
        case 1: .floats(bytes.elements(of: Float.self))
        case 10: .floats(Float16Bits.floats(bytes))
        case 11: .floats(bytes.elements(of: Double.self).map { Float($0) })
        case 7: .integers(bytes.elements(of: Int64.self).map { Int($0) })
        case 6: .integers(bytes.elements(of: Int32.self).map { Int($0) })
        case 3: .integers(bytes.map { Int(Int8(bitPattern: $0)) })
        default: .integers(bytes.map { Int($0) })
        }
    }
}
