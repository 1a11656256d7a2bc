import Platform

/// A tensor's place in a GGUF file. `shape` as the file has it: the fastest dimension first.
struct GGUFTensor {
    var name: String
    var shape: [Int]
    var encoding: TransformerModel.Encoding
    var place: Range<Int>
}

/// A GGUF file of version 2 or 3, taken apart without copying: metadata and tensors by name, every place inside the file.
struct GGUFFile {
    let source: SourceBytes
    private(set) var metadata: [String: GGUFValue] = [:]
    private(set) var tensors: [String: GGUFTensor] = [:]

    /// More than any model has; a bound on what a hostile file can make us allocate.
    private static let mostEntries = 1 << 16, longestName = 1 << 12

    static func isGGUF(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.count >= 4 && bytes[0..<4].elementsEqual("GGUF".utf8) }

    init(_ source: SourceBytes) throws {
        self.source = source
        guard Self.isGGUF(source.bytes) else { throw Failure(.badFormat, "not a GGUF file: it doesn't begin with GGUF") }
        var cursor = GGUFCursor(source.bytes)
        _ = try cursor.skip(4, "the magic")
        let version = try cursor.integer(UInt32.self, "the version")
        guard version.byteSwapped != 2, version.byteSwapped != 3 else {
            throw Failure(.unsupported, "GGUF file: it is big-endian; convert it to little-endian")
        }
        guard version == 2 || version == 3 else {
            throw Failure(.unsupported, "GGUF file: version \(version) can't be read; versions 2 and 3 can")
        }
        let tensorCount = try cursor.integer(UInt64.self, "the number of tensors"),
            entryCount = try cursor.integer(UInt64.self, "the number of metadata entries")
        guard tensorCount <= Self.mostEntries, entryCount <= Self.mostEntries else {
            throw Failure(.badFormat,
                "GGUF file: it claims \(tensorCount) tensors and \(entryCount) metadata entries; at most \(Self.mostEntries) of each are "
                    + "believable")
        }
        try readMetadata(&cursor, count: Int(entryCount))
        try readTensors(&cursor, count: Int(tensorCount))
    }

    private mutating func readMetadata(_ cursor: inout GGUFCursor, count: Int) throws {
        for index in 0..<count {
            let place = try cursor.text("the name of metadata entry \(index)")
            guard place.count <= Self.longestName else {
                throw Failure(.badFormat, "GGUF file: the name of metadata entry \(index) has \(place.count) bytes; it is damaged")
            }
            let key = source.text(place)
            let value = try cursor.value(of: key)
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw Failure(.badFormat, "GGUF file: the metadata key '\(key)' is there twice")
            }
        }
    }

    private mutating func readTensors(_ cursor: inout GGUFCursor, count: Int) throws {
        var found: [(tensor: GGUFTensor, offset: Int, bytes: Int)] = []
        for index in 0..<count {
            let place = try cursor.text("the name of tensor \(index)")
            guard place.count <= Self.longestName else {
                throw Failure(.badFormat, "GGUF file: the name of tensor \(index) has \(place.count) bytes; it is damaged")
            }
            found.append(try readTensor(&cursor, name: source.text(place)))
        }
        let alignment = try number("general.alignment", in: 1...(1 << 20)) ?? 32
        guard alignment & (alignment - 1) == 0 else {
            throw Failure(.badFormat, "GGUF file: general.alignment is \(alignment), not a power of two")
        }
        let (padded, overflow) = cursor.position.addingReportingOverflow(alignment - 1)
        guard !overflow else { throw Failure(.badFormat, "GGUF file: general.alignment is too large") }
        let start = padded / alignment * alignment
        for (tensor, offset, bytes) in found {
            guard offset % alignment == 0 else {
                throw Failure(.badFormat, "GGUF file: tensor '\(tensor.name)' lies at \(offset), not at a multiple of \(alignment)")
            }
            guard start <= source.bytes.count, offset <= source.bytes.count - start, bytes <= source.bytes.count - start - offset else {
                throw Failure(.badFormat,
                              "GGUF file: tensor '\(tensor.name)' (\(bytes) bytes at \(offset) of the data) doesn't fit into the file's "
                    + "\(source.bytes.count) bytes; it is truncated or damaged")
            }
            var placed = tensor
            placed.place = start + offset..<start + offset + bytes
            guard tensors.updateValue(placed, forKey: tensor.name) == nil else {
                throw Failure(.badFormat, "GGUF file: tensor '\(tensor.name)' is there twice")
            }
        }
        try refuseOverlaps(tensors.values.map { ($0.name, $0.place) }, what: "GGUF file")
    }

    private func readTensor(_ cursor: inout GGUFCursor, name: String) throws -> (GGUFTensor, Int, Int) {
        let rank = try cursor.integer(UInt32.self, "the rank of tensor '\(name)'")
        guard (1...4).contains(rank) else {
            throw Failure(.badFormat, "GGUF file: tensor '\(name)' has \(rank) dimensions; 1 to 4 are possible")
        }
        var shape: [Int] = [], elements = 1
        for _ in 0..<rank {
            let dimension = try cursor.integer(UInt64.self, "the shape of tensor '\(name)'")
            let (product, overflow) = elements.multipliedReportingOverflow(by: Int(truncatingIfNeeded: dimension))
            guard dimension > 0, dimension < 1 << 40, !overflow else {
                throw Failure(.badFormat, "GGUF file: tensor '\(name)' has an impossible shape")
            }
            shape.append(Int(dimension))
            elements = product
        }
        let number = try cursor.integer(UInt32.self, "the type of tensor '\(name)'")
        let offset = try cursor.integer(UInt64.self, "the place of tensor '\(name)'")
        guard let encoding = TransformerModel.Encoding(rawValue: number) else {
            throw Failure(.unsupported, "GGUF file: tensor '\(name)' is of type \(otherTensorTypes[number] ?? "number \(number)"); "
                + "\(TransformerModel.Encoding.all.map(\.name).joined(separator: ", ")) can be imported")
        }
        guard shape[0] % encoding.blockElements == 0, let bytes = encoding.bytes(elements: elements) else {
            throw Failure(.badFormat,
                "GGUF file: tensor '\(name)' has rows of \(shape[0]) elements, not whole blocks of \(encoding.blockElements) "
                    + "(\(encoding.name))")
        }
        guard let start = Int(exactly: offset) else {
            throw Failure(.badFormat, "GGUF file: tensor '\(name)' lies at the impossible offset \(offset)")
        }
        return (GGUFTensor(name: name, shape: shape, encoding: encoding, place: 0..<0), start, bytes)
    }
}

/// Two tensors may not share bytes: such a file is damaged, or made to unfold.
func refuseOverlaps(_ places: [(name: String, place: Range<Int>)], what: String) throws {
    let sorted = places.sorted { $0.place.lowerBound < $1.place.lowerBound }
    for (one, next) in zip(sorted, sorted.dropFirst()) where one.place.upperBound > next.place.lowerBound {
        throw Failure(.badFormat, "\(what): tensors '\(one.name)' and '\(next.name)' overlap; it is damaged")
    }
}
