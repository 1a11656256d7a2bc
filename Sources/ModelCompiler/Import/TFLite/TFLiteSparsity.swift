import Platform

/// A sparse tensor of the file as it would lie there without that: every level of the traversal is either dense or a list of
/// the indices that are there (compressed sparse rows), and levels beyond the tensor's axes are blocks of them.
struct TFLiteSparsity {
    private struct Level {
        /// The axis, or for a block the axis that it divides.
        var axis: Int
        /// How far one step goes along the axis, in elements.
        var step: Int
        var size: Int
        /// nil for a dense level.
        var segments: [Int]?, indices: [Int] = []
    }

    private let levels: [Level]
    private let shape: [Int]

    /// - Parameter table: the schema's SparsityParameters.
    init(_ table: FlatTable, shape: [Int], name: String) throws {
        func list(_ field: Int) throws -> [Int] { try table.integers(field, as: Int32.self)?.map { Int($0) } ?? [] }
        let order = try list(0), blocks = try list(1), described = try table.tables(2)
        guard order.count == shape.count + blocks.count, order.count <= 2 * Limits.rank, described.count == order.count,
              order.sorted() == Array(0..<order.count), blocks.allSatisfy(shape.indices.contains),
              Set(blocks).count == blocks.count else {
            throw Failure(.badFormat, "tensor '\(name)' is stored sparse with traversal \(order), blocks \(blocks) of \(shape)")
        }
        // Sizes of the blocks say how far the levels above them step.
        var blockSize = shape.map { _ in 1 }
        for (level, axis) in order.enumerated() where axis >= shape.count {
            blockSize[blocks[axis - shape.count]] = Int(try described[level].integer(1, default: Int32(0)))
        }
        guard zip(shape, blockSize).allSatisfy({ $1 > 0 && $0 % $1 == 0 }) else {
            throw Failure(.badFormat, "tensor '\(name)' of shape \(shape) is stored in blocks of \(blockSize)")
        }
        self.shape = shape
        levels = try order.enumerated().map { level, axis in
            let isBlock = axis >= shape.count, own = isBlock ? blocks[axis - shape.count] : axis
            let size = isBlock ? blockSize[own] : shape[own] / blockSize[own]
            var result = Level(axis: own, step: isBlock ? 1 : blockSize[own], size: size)
            if try described[level].integer(0, default: Int8(0)) == 1 {
                result.segments = try TFLiteSparsity.vector(described[level], 2)
                result.indices = try TFLiteSparsity.vector(described[level], 4)
                guard result.indices.allSatisfy((0..<size).contains) else {
                    throw Failure(.badFormat, "tensor '\(name)' is stored sparse with an index beyond \(size)")
                }
            }
            return result
        }
    }

    /// A union of vectors of int32, uint16 and uint8: its kind, then the table with the vector.
    private static func vector(_ table: FlatTable, _ field: Int) throws -> [Int] {
        guard let holder = try table.table(field + 1) else { return [] }
        switch try table.integer(field, default: UInt8(0)) {
        case 1: return try holder.integers(0, as: Int32.self)?.map { Int($0) } ?? []
        case 2: return try holder.integers(0, as: UInt16.self)?.map { Int($0) } ?? []
        case 3: return try holder.integers(0, as: UInt8.self)?.map { Int($0) } ?? []
        case let kind: throw Failure(.badFormat, "indices of a sparse tensor in vectors of kind \(kind)")
        }
    }

    /// All elements, those that aren't stored zero.
    ///
    /// - Parameter size: bytes of an element.
    func dense(_ values: [UInt8], size: Int, name: String) throws -> [UInt8] {
        var result = [UInt8](repeating: 0, count: try Limits.elements(shape, of: name) * size)
        let strides = shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
        var stored = 0, visits = 0
        // Honest levels meet each place once.
        let most = (levels.count + 1) * (result.count / size + 1)
        func visit(_ depth: Int, _ position: Int, _ place: Int) throws {
            visits += 1
            guard visits <= most else { throw Failure(.badFormat, "the sparse tensor '\(name)' names places again and again") }
            guard depth < levels.count else {
                guard (position + 1) * size <= values.count else {
                    throw Failure(.badFormat, "the sparse tensor '\(name)' has \(values.count) bytes, too few for its indices")
                }
                for byte in 0..<size { result[place * size + byte] = values[position * size + byte] }
                stored += 1
                return
            }
            let level = levels[depth], stride = strides[level.axis] * level.step
            guard let segments = level.segments else {
                for index in 0..<level.size { try visit(depth + 1, position * level.size + index, place + index * stride) }
                return
            }
            guard position + 1 < segments.count, segments[position] >= 0, segments[position] <= segments[position + 1],
                  segments[position + 1] <= level.indices.count else {
                throw Failure(.badFormat, "the sparse tensor '\(name)' has segments that don't fit its indices")
            }
            for at in segments[position]..<segments[position + 1] { try visit(depth + 1, at, place + level.indices[at] * stride) }
        }
        try visit(0, 0, 0)
        guard stored * size == values.count else {
            throw Failure(.badFormat, "the sparse tensor '\(name)' has \(values.count) bytes for \(stored) elements")
        }
        return result
    }
}
