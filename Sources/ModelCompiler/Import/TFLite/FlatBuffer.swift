import Platform

/// FlatBuffers, read in place: tables found through a vtable of offsets, every offset checked before it is followed.
/// Offsets to children only point forward and the schema read here doesn't nest into itself, so reading always ends;
/// `budget` bounds what overlapping vectors can unfold to.
struct FlatBuffer {
    let reader: SourceReader
    let budget: ImportBudget

    init(_ bytes: [UInt8], what: String, budget: ImportBudget) {
        reader = SourceReader(bytes, what: what)
        self.budget = budget
    }

    func root() throws -> FlatTable { try FlatTable(self, at: follow(0)) }

    /// Where the unsigned offset stored at `position` leads.
    func follow(_ position: Int) throws -> Int {
        let offset = Int(try reader.integer(at: position, as: UInt32.self))
        return try reader.checked(position + offset, 4)
    }
}

/// One table. Absent fields read as their defaults.
struct FlatTable {
    let buffer: FlatBuffer
    private let position: Int
    private let vtable: Int
    private let vtableSize: Int
    /// The fields that were asked for, where somebody wants to know.
    private var reads: FieldReads?

    init(_ buffer: FlatBuffer, at position: Int) throws {
        self.buffer = buffer
        self.position = position
        vtable = position - Int(try buffer.reader.integer(at: position, as: Int32.self))
        vtableSize = Int(try buffer.reader.integer(at: vtable, as: UInt16.self))
        _ = try buffer.reader.checked(vtable, vtableSize)
    }

    /// Position of the field's value, or nil where the table leaves it out.
    private func field(_ index: Int) throws -> Int? {
        reads?.fields.insert(index)
        return try place(index)
    }

    private func place(_ index: Int) throws -> Int? {
        let entry = 4 + 2 * index
        guard entry + 2 <= vtableSize else { return nil }
        let offset = Int(try buffer.reader.integer(at: vtable + entry, as: UInt16.self))
        return offset == 0 ? nil : position + offset
    }

    /// The same table, noting from now on which fields are asked for.
    func noting() -> FlatTable {
        var table = self
        table.reads = FieldReads()
        return table
    }

    /// Fields that the file sets and nobody asked for. Those whose bytes are all zero say what their absence would.
    func unreadFields() throws -> [Int] {
        guard let reads else { return [] }
        let fields = try (0..<min(64, max(0, (vtableSize - 4) / 2))).map { try place($0) }
        let size = Int(try buffer.reader.integer(at: vtable + 2, as: UInt16.self)), places = fields.compactMap { $0 }
        return try fields.indices.filter { index in
            guard let start = fields[index], !reads.fields.contains(index) else { return false }
            let end = places.filter { $0 > start }.min() ?? position + size
            return try buffer.reader.slice(at: start, length: min(8, max(1, end - start))).contains { $0 != 0 }
        }
    }

    func integer<T: FixedWidthInteger & BitwiseCopyable>(_ index: Int, default value: T) throws -> T {
        guard let place = try field(index) else { return value }
        return try buffer.reader.integer(at: place)
    }

    func float(_ index: Int, default value: Float) throws -> Float {
        guard let place = try field(index) else { return value }
        return try buffer.reader.float(at: place)
    }

    func bool(_ index: Int) throws -> Bool { try integer(index, default: UInt8(0)) != 0 }

    func table(_ index: Int) throws -> FlatTable? {
        guard let place = try field(index) else { return nil }
        return try FlatTable(buffer, at: buffer.follow(place))
    }

    /// Start and count of a vector of elements `size` bytes long.
    private func vector(_ index: Int, elementSize size: Int) throws -> (start: Int, count: Int)? {
        guard let place = try field(index) else { return nil }
        let start = try buffer.follow(place)
        let count = Int(try buffer.reader.integer(at: start, as: UInt32.self))
        _ = try buffer.reader.checked(start + 4, count * size)
        try buffer.budget.charge(count * size)
        return (start + 4, count)
    }

    func integers<T: FixedWidthInteger & BitwiseCopyable>(_ index: Int, as type: T.Type) throws -> [T]? {
        guard let (start, count) = try vector(index, elementSize: MemoryLayout<T>.size) else { return nil }
        return try (0..<count).map { try buffer.reader.integer(at: start + $0 * MemoryLayout<T>.size) }
    }

    func floats(_ index: Int) throws -> [Float]? { try integers(index, as: UInt32.self)?.map(Float.init(bitPattern:)) }

    func bytes(_ index: Int) throws -> [UInt8]? {
        guard let (start, count) = try vector(index, elementSize: 1) else { return nil }
        return Array(try buffer.reader.slice(at: start, length: count))
    }

    func string(_ index: Int) throws -> String? { try bytes(index).map { String(decoding: $0, as: UTF8.self) } }

    func tables(_ index: Int) throws -> [FlatTable] {
        guard let (start, count) = try vector(index, elementSize: 4) else { return [] }
        // A table in memory is larger than the offset that names it.
        try buffer.budget.charge(count * 8)
        return try (0..<count).map { try FlatTable(buffer, at: buffer.follow(start + 4 * $0)) }
    }
}

private final class FieldReads {
    var fields: Set<Int> = []
}
