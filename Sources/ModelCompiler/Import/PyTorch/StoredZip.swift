import Platform

/// The entries of a zip archive that are stored without compression, which is how PyTorch writes all of its own: the
/// alignment of the tensors depends on it. So no inflater is needed, and each entry is a range of the file.
struct StoredZip {
    static let magic: [UInt8] = [0x50, 0x4b, 0x03, 0x04]
    private(set) var entries: [String: (offset: Int, length: Int)] = [:]

    init(_ reader: SourceReader, budget: ImportBudget) throws {
        var (position, count) = try StoredZip.directory(reader)
        while count > 0 {
            guard try reader.integer(at: position, as: UInt32.self) == 0x0201_4b50 else {
                throw Failure(.badFormat, "\(reader.what): its directory is damaged at offset \(position)")
            }
            func short(_ offset: Int) throws -> Int { Int(try reader.integer(at: position + offset, as: UInt16.self)) }
            func word(_ offset: Int) throws -> Int { Int(try reader.integer(at: position + offset, as: UInt32.self)) }
            let nameLength = try short(28), length = try word(24), local = try word(42)
            try budget.charge(nameLength + 64)
            let name = try reader.text(at: position + 46, length: nameLength)
            guard try short(10) == 0, try short(8) & 1 == 0, try word(20) == length else {
                throw Failure(.unsupported,
                              "\(reader.what): '\(name.prefix(80))' is compressed or encrypted; PyTorch itself stores entries plain")
            }
            guard length != 0xffff_ffff, local != 0xffff_ffff else {
                throw Failure(.unsupported, "\(reader.what): archives above 4 GB can't be read")
            }
            guard try reader.integer(at: local, as: UInt32.self) == 0x0403_4b50 else {
                throw Failure(.badFormat, "\(reader.what): '\(name.prefix(80))' isn't where the directory says")
            }
            let start = local + 30 + Int(try reader.integer(at: local + 26, as: UInt16.self))
                + Int(try reader.integer(at: local + 28, as: UInt16.self))
            entries[name] = (try reader.checked(start, length), length)
            position += 46 + nameLength + (try short(30)) + (try short(32))
            count -= 1
        }
    }

    /// Finds the end record, which only a comment of at most 65,535 bytes may follow.
    private static func directory(_ reader: SourceReader) throws -> (position: Int, count: Int) {
        var place = reader.count - 22
        let lowest = max(0, place - 65_535)
        while place >= lowest {
            if try reader.integer(at: place, as: UInt32.self) == 0x0605_4b50 {
                return (Int(try reader.integer(at: place + 16, as: UInt32.self)), Int(try reader.integer(at: place + 10, as: UInt16.self)))
            }
            place -= 1
        }
        throw Failure(.badFormat, "\(reader.what): the archive has no directory; it is truncated")
    }
}
