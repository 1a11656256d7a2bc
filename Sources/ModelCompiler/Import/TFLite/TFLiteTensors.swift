import Nest
import Platform

/// Turns the tensors of a TFLite file into the graph's, each at its first use.
///
/// Activations of legacy uint8 models become int8 (128 less in the bytes and the zero point, the same real values).
/// Weights of uint8 models stay uint8: their zero point is rarely 128, and lowering has to see it.
struct TFLiteTensors {
    private let model: TFLiteModel
    private let budget: ImportBudget
    private var known: [Int: TensorID] = [:]
    private var weights: [Int: TensorID] = [:]
    /// Contents of buffers already copied; tensors that share a buffer share the array.
    private var contents: [Int: [UInt8]] = [:]

    init(_ model: TFLiteModel, budget: ImportBudget) {
        self.model = model
        self.budget = budget
    }

    /// Whether the file stores this tensor as uint8.
    func isUnsigned(_ index: Int) throws -> Bool { try type(of: table(index)) == 3 }

    /// Makes the file's tensor stand for one that the graph has already.
    mutating func alias(_ index: Int, to id: TensorID) { known[index] = id }

    /// - Parameter computedWhole: the tensor may be computed as int64, which becomes int32.
    mutating func tensor(_ index: Int, computedWhole: Bool = false, in graph: inout Graph) throws -> TensorID {
        if let id = known[index] { return id }
        var tensor = try read(index, computedWhole: computedWhole)
        if tensor.type == .uint8 {
            tensor.type = .int8
            tensor.constant = tensor.constant.map { $0.map { $0 ^ 0x80 } }
            if let signed = tensor.quantization?.zeroPoints.map({ $0 &- 128 }) { tensor.quantization?.zeroPoints = signed }
            try budget.charge(tensor.constant?.count ?? 0)
        }
        let id = graph.addTensor(tensor)
        known[index] = id
        return id
    }

    /// Weights of a convolution or a fully connected layer whose input is of `inputType`: beside float32 activations,
    /// quantised weights become float32.
    mutating func weights(_ index: Int, inputType: ElementType, in graph: inout Graph) throws -> TensorID {
        if let id = weights[index] { return id }
        var tensor = try read(index)
        guard tensor.constant != nil else {
            let id = try self.tensor(index, in: &graph)
            // A constant under another index: what a dense copy was made of.
            guard graph.tensors[id].constant != nil, inputType == .float32, graph.tensors[id].type != .float32 else { return id }
            weights[index] = graph.addTensor(try dequantized(graph.tensors[id]))
            return weights[index] ?? id
        }
        if inputType == .float32, tensor.type != .float32 { tensor = try dequantized(tensor) }
        let id = graph.addTensor(tensor)
        weights[index] = id
        return id
    }

    /// Whether the file says that the tensor keeps its value from run to run.
    func isVariable(_ index: Int) throws -> Bool { index == -1 ? false : try table(index).bool(5) }

    /// Name and shape of a tensor that the graph may not have.
    func described(_ index: Int) throws -> (name: String, shape: [Int]) {
        let table = try table(index)
        return (try table.string(3) ?? "tensor \(index)", try table.integers(0, as: Int32.self)?.map(Int.init) ?? [])
    }

    /// The one positive scale of a tensor.
    func scale(_ index: Int) throws -> Float {
        let (name, shape) = try described(index)
        guard let found = try quantization(of: table(index), shape: shape, name: name), found.scales.count == 1, found.scale.isNormal,
              found.scale > 0 else { throw Failure(.unsupported, "'\(name)' has no single positive scale") }
        return found.scale
    }

    /// A constant as float32, whatever it is stored as.
    func real(_ index: Int) throws -> GraphTensor {
        var copy = self
        let tensor = try copy.read(index)
        return tensor.type == .float32 && tensor.constant != nil ? tensor : try dequantized(tensor)
    }

    /// The real values of a constant as a float32 tensor.
    func dequantized(_ tensor: GraphTensor) throws -> GraphTensor {
        guard let bytes = tensor.constant, let quantization = tensor.quantization,
              [.int8, .uint8, .int16, .int32].contains(tensor.type) else {
            throw Failure(.unsupported, "constant '\(tensor.name)' can't be made float32 from \(tensor.type)")
        }
        try budget.charge(4 * bytes.count)
        let integers: [Int64] = switch tensor.type {
        case .int8: bytes.map { Int64(Int8(bitPattern: $0)) }
        case .int16: bytes.elements(of: Int16.self).map { Int64($0) }
        case .int32: bytes.elements(of: Int32.self).map { Int64($0) }
        default: bytes.map { Int64($0) }
        }
        let channels = quantization.scales.count
        // Elements from one index along the quantised axis to the next.
        let inner = quantization.axis.map { tensor.shape[($0 + 1)...].reduce(1, *) } ?? 1
        let values = integers.indices.map { place -> Float in
            let channel = channels == 1 ? 0 : place / inner % channels
            return Float(integers[place] - Int64(quantization.zeroPoints[channel])) * quantization.scales[channel]
        }
        return GraphTensor(name: tensor.name, shape: tensor.shape, type: .float32, constant: values.littleEndianBytes)
    }

    /// A constant of integers (axes, paddings, shapes).
    mutating func integers(_ index: Int, in graph: inout Graph) throws -> [Int] {
        let tensor = graph.tensors[try self.tensor(index, in: &graph)]
        guard let values = tensor.int32s else { throw Failure(.unsupported, "'\(tensor.name)' has to be a constant of whole numbers") }
        return values.map(Int.init)
    }

    private func table(_ index: Int) throws -> FlatTable {
        guard model.tensors.indices.contains(index) else {
            throw Failure(.badFormat, "it refers to tensor \(index) of \(model.tensors.count)")
        }
        return model.tensors[index]
    }

    private func type(of table: FlatTable) throws -> Int8 { try table.integer(1, default: 0) }

    private mutating func read(_ index: Int, computedWhole: Bool = false) throws -> GraphTensor {
        let table = try table(index)
        let name = try table.string(3) ?? "tensor \(index)"
        let shape = try table.integers(0, as: Int32.self)?.map(Int.init) ?? []
        let elements = try Limits.elements(shape, of: name)
        var tensor = GraphTensor(name: name, shape: shape, type: .float32,
                                 quantization: try quantization(of: table, shape: shape, name: name))
        let code = try type(of: table)
        var constant = try contents(of: table)
        if let values = constant, let sparse = try table.table(6) {
            let size = [1: 2, 3: 1, 4: 8, 7: 2, 9: 1][code] ?? 4
            try budget.charge(elements * size)
            constant = try TFLiteSparsity(sparse, shape: shape, name: name).dense(values, size: size, name: name)
        }
        // Steps so small vanish in every sum; a little larger ones do as well, and have a reciprocal.
        if constant == nil, let scale = tensor.quantization?.scale, tensor.quantization?.scales.count == 1, scale > 0 {
            tensor.quantization?.scales = [max(scale, 0x1p-99)]
        }
        switch code {
        case 0, 2, 3, 7, 9:
            tensor.type = [0: ElementType.float32, 2: .int32, 3: .uint8, 7: .int16, 9: .int8][code]!
            tensor.constant = constant
        case 1:
            guard let constant else { throw Failure(.unsupported, "tensor '\(name)' is computed in float16; only constants may be") }
            try budget.charge(2 * constant.count)
            tensor.constant = Float16Bits.floats(constant).littleEndianBytes
        case 4 where computedWhole && constant == nil: tensor.type = .int32
        case 4:
            guard let constant else { throw Failure(.unsupported, "tensor '\(name)' is computed in int64; only constants may be") }
            tensor.type = .int32
            tensor.constant = constant.elements(of: Int64.self).map { Int32(clamping: $0) }.littleEndianBytes
        default:
            throw Failure(.unsupported, "tensor '\(name)' has element type \(code), which can't be imported")
        }
        if let constant = tensor.constant, constant.count != elements * tensor.type.size {
            throw Failure(.badFormat, "constant '\(name)' of shape \(shape) has \(constant.count) bytes")
        }
        return tensor
    }

    private mutating func contents(of table: FlatTable) throws -> [UInt8]? {
        let index = Int(try table.integer(2, default: UInt32(0)))
        // Buffer 0 is the empty one by convention.
        guard index != 0 else { return nil }
        if let bytes = contents[index] { return bytes.isEmpty ? nil : bytes }
        guard model.buffers.indices.contains(index) else {
            throw Failure(.badFormat, "a tensor refers to buffer \(index) of \(model.buffers.count)")
        }
        guard try model.buffers[index].integer(1, default: UInt64(0)) <= 1 else {
            throw Failure(.unsupported, "the constants are stored outside the FlatBuffer, as files above 2 GB have them")
        }
        let bytes = try model.buffers[index].bytes(0) ?? []
        contents[index] = bytes
        return bytes.isEmpty ? nil : bytes
    }

    private func quantization(of table: FlatTable, shape: [Int], name: String) throws -> Quantization? {
        guard let parameters = try table.table(4), let scales = try parameters.floats(2), !scales.isEmpty else { return nil }
        let stored = try parameters.integers(3, as: Int64.self) ?? []
        // Of a vector there is only one axis: some files give its scales the axis of the weights that it goes with.
        let axis = shape.count == 1 ? 0 : Int(try parameters.integer(6, default: Int32(0)))
        let zeroPoints = stored.isEmpty ? Array(repeating: Int32(0), count: scales.count) : stored.map { Int32(clamping: $0) }
        guard zeroPoints.count == scales.count, scales.count == 1 || (shape.indices.contains(axis) && shape[axis] == scales.count) else {
            throw Failure(.badFormat,
                "tensor '\(name)' of shape \(shape) has \(scales.count) scales and \(zeroPoints.count) zero points along axis \(axis)")
        }
        return Quantization(scales: scales, zeroPoints: zeroPoints, axis: scales.count == 1 ? nil : axis)
    }
}
