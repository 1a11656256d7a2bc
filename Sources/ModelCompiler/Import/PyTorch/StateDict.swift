import Platform

/// The named tensors of a PyTorch file, either container: the zip archive of today, or the older row of pickles with
/// the raw storages behind them.
struct StateDict {
    private(set) var tensors: [String: TorchTensor] = [:]
    /// Where each storage's bytes lie in the file.
    private var storages: [String: (offset: Int, length: Int)] = [:]
    private let reader: SourceReader
    private let budget: ImportBudget

    init(_ bytes: [UInt8]) throws {
        reader = SourceReader(bytes, what: "PyTorch file")
        budget = ImportBudget(fileBytes: bytes.count, what: "PyTorch file")
        if bytes.starts(with: StoredZip.magic) { try readArchive() } else { try readRow() }
    }

    /// The tensor's values as float32 in row-major order. Throws where it is absent or of another shape.
    func floats(_ name: String, shape: [Int]) throws -> [Float] {
        guard let tensor = tensors[name] else { throw Failure(.badFormat, "PyTorch file: it has no tensor '\(name)'") }
        guard tensor.shape == shape else {
            throw Failure(.badFormat, "PyTorch file: '\(name)' has the shape \(tensor.shape), not \(shape)")
        }
        guard let place = storages[tensor.storage.key], let kind = StateDict.kinds[tensor.storage.type] else {
            throw Failure(.unsupported, "PyTorch file: '\(name)' is stored as \(tensor.storage.type), which can't be read as real numbers")
        }
        let elements = try Limits.elements(shape, of: name)
        try budget.charge(4 * elements)
        let available = place.length / kind.size
        guard tensor.offset >= 0, tensor.offset < available else {
            throw Failure(.badFormat, "PyTorch file: '\(name)' lies outside of its storage")
        }
        // The last element's place decides whether the view stays inside its storage.
        var last = tensor.offset
        for (dimension, stride) in zip(shape, tensor.strides) {
            guard stride >= 0, stride <= available else { throw Failure(.badFormat, "PyTorch file: '\(name)' has the stride \(stride)") }
            last += (dimension - 1) * stride
            guard last < available else { break }
        }
        guard last < available else { throw Failure(.badFormat, "PyTorch file: '\(name)' reaches beyond its storage") }
        var values: [Float] = []
        values.reserveCapacity(elements)
        var counter = shape.map { _ in 0 }
        for _ in 0..<elements {
            let element = zip(counter, tensor.strides).reduce(tensor.offset) { $0 + $1.0 * $1.1 }
            values.append(try kind.read(reader, place.offset + element * kind.size))
            for axis in shape.indices.reversed() {
                counter[axis] += 1
                if counter[axis] < shape[axis] { break }
                counter[axis] = 0
            }
        }
        return values
    }

    private struct Kind: Sendable {
        var size: Int
        var read: @Sendable (SourceReader, Int) throws -> Float
    }

    private static let kinds: [String: Kind] = [
        "torch.FloatStorage": Kind(size: 4) { try $0.float(at: $1) },
        "torch.DoubleStorage": Kind(size: 8) { Float(Double(bitPattern: try $0.integer(at: $1))) },
        "torch.HalfStorage": Kind(size: 2) { Float16Bits.float(try $0.integer(at: $1)) },
        "torch.BFloat16Storage": Kind(size: 2) { Float(bitPattern: UInt32(try $0.integer(at: $1, as: UInt16.self)) << 16) },
    ]

    private static let otherSizes = ["torch.LongStorage": 8, "torch.IntStorage": 4, "torch.ShortStorage": 2, "torch.CharStorage": 1,
                                     "torch.ByteStorage": 1, "torch.BoolStorage": 1]

    private mutating func readArchive() throws {
        let archive = try StoredZip(reader, budget: budget)
        guard let index = archive.entries.keys.first(where: { $0.hasSuffix("/data.pkl") || $0 == "data.pkl" }),
              let entry = archive.entries[index] else {
            throw Failure(.badFormat, "PyTorch file: the archive has no data.pkl; is it a state dict?")
        }
        let folder = index.dropLast("data.pkl".count)
        if let order = archive.entries[folder + "byteorder"], try reader.text(at: order.offset, length: order.length) != "little" {
            throw Failure(.unsupported, "PyTorch file: it was saved on a big-endian machine")
        }
        var pickle = Pickle(reader, at: entry.offset, budget: budget)
        let root = try pickle.run()
        try collect(pickle, root)
        for tensor in tensors.values { storages[tensor.storage.key] = archive.entries[folder + "data/" + tensor.storage.key] }
    }

    /// Magic number, protocol, notes on the machine, the state dict, the storages' keys; then each storage in the
    /// order of the keys: a count of elements and the elements.
    private mutating func readRow() throws {
        var magic = Pickle(reader, at: 0, budget: budget)
        guard case .long(let number) = try magic.value(), number == StateDict.rowMagic else {
            throw Failure(.badFormat, "PyTorch file: it doesn't start as a saved state dict does")
        }
        var position = magic.position
        for _ in 0..<2 {
            var skipped = Pickle(reader, at: position, budget: budget)
            _ = try skipped.run()
            position = skipped.position
        }
        var pickle = Pickle(reader, at: position, budget: budget)
        let root = try pickle.run()
        try collect(pickle, root)
        var keys = Pickle(reader, at: pickle.position, budget: budget)
        guard case .list(let items) = try keys.value() else { throw Failure(.badFormat, "PyTorch file: the list of storages is missing") }
        position = keys.position
        let types = Dictionary(pickle.cells.compactMap { if case .storage(let storage) = $0 { (storage.key, storage.type) } else {
            nil } }) { first, _ in
            first
        }
        for item in items {
            let key = try keys.string(item), type = types[key] ?? ""
            guard let size = StateDict.kinds[type]?.size ?? StateDict.otherSizes[type] else {
                throw Failure(.badFormat, "PyTorch file: storage '\(key)' has the unknown type '\(type)'")
            }
            let count = try reader.integer(at: position, as: Int64.self)
            guard count >= 0, count <= Int64(reader.count) else {
                throw Failure(.badFormat, "PyTorch file: storage '\(key)' claims \(count) elements")
            }
            storages[key] = (try reader.checked(position + 8, Int(count) * size), Int(count) * size)
            position += 8 + Int(count) * size
        }
    }

    private static let rowMagic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]

    /// The dictionary's tensors; one that wraps it under "state_dict" is looked through.
    private mutating func collect(_ pickle: Pickle, _ root: Int) throws {
        guard case .dictionary(var entries) = pickle.cells[root] else {
            throw Failure(.badFormat, "PyTorch file: it holds no dictionary of tensors; save model.state_dict()")
        }
        for (key, value) in entries {
            if case .text("state_dict") = pickle.cells[key], case .dictionary(let inner) = pickle.cells[value] { entries = inner }
        }
        for (key, value) in entries {
            if case .text(let name) = pickle.cells[key], case .tensor(let tensor) = pickle.cells[value] { tensors[name] = tensor }
        }
        guard !tensors.isEmpty else { throw Failure(.badFormat, "PyTorch file: its dictionary holds no tensors; save model.state_dict()") }
    }
}
