import Platform

/// Where a chunk of weights lies in the file.
public struct ChunkLocation: Sendable {
    public var offset: Int
    public var length: Int
    public var crc: UInt32
    /// The first instruction of the first program that reads it; -1: none. Information for people only.
    public var firstUse: Int32
}

/// A nest file that has been read and checked: programs, tensors and instructions that can be executed without
/// touching memory that isn't theirs, whatever the file contained. Chunks are checked against their CRC separately
/// (`verify`), because reading them all would cost every start.
public final class NestReader {
    public let metadata: [(key: String, value: String)]
    public let strings: [String]
    public let programs: [Program]
    /// Where the bytes of chunks come from.
    public let source: ChunkSource
    /// The whole file; whose chunks are looked at through `source` alone.
    public let bytes: UnsafeRawBufferPointer
    /// The checksum of the tables, which hold those of the weights: tells one nest from another.
    public let identity: UInt32

    /// Maps a file and checks it.
    public static func open(_ path: String) throws(Failure) -> NestReader {
        let file = try MappedFile(path: path, limit: NestLimits.fileBytes)
        return try NestReader(bytes: file.bytes, name: path, file: file, copy: nil)
    }

    /// Checks a file that is in memory; the bytes are copied to aligned memory. `name` stands in error messages.
    public convenience init(bytes: [UInt8], name: String = "nest") throws(Failure) {
        let copy = try PageMemory(count: bytes.count + NestLayout.slack)
        bytes.withUnsafeBytes { copy.bytes.copyMemory(from: $0) }
        try self.init(bytes: UnsafeRawBufferPointer(rebasing: copy.bytes[0..<bytes.count]), name: name, file: nil, copy: copy)
    }

    private init(bytes: UnsafeRawBufferPointer, name: String, file: MappedFile?, copy: PageMemory?) throws(Failure) {
        func bad(_ what: String) -> Failure { Failure(.badFormat, "\(name): \(what)") }

        var header = TableReader(bytes)
        let magic = header.integer(UInt32.self), version = header.integer(UInt32.self)
        let headerBytes = header.integer(UInt32.self), crc = header.integer(UInt32.self)
        let fileBytes = header.integer(UInt64.self), tableBytes = header.integer(UInt64.self)
        let metadataCount = Int(clamping: header.integer(UInt32.self)), stringCount = Int(clamping: header.integer(UInt32.self))
        let chunkCount = Int(clamping: header.integer(UInt32.self)), programCount = Int(clamping: header.integer(UInt32.self))
        guard !header.overrun, magic == NestLayout.magic else { throw bad("not a nest file") }
        guard version == NestLayout.version else {
            throw Failure(.unsupported,
                          "\(name): nest version \(version); this build reads version \(NestLayout.version), compile the model again")
        }
        guard headerBytes == UInt32(NestLayout.headerBytes), bytes.count >= NestLayout.headerBytes else { throw bad("damaged header") }
        guard fileBytes == UInt64(bytes.count) else {
            throw bad("\(bytes.count) bytes where its header says \(fileBytes): truncated or not completely copied")
        }
        guard tableBytes <= UInt64(bytes.count - NestLayout.headerBytes) else { throw bad("tables longer than the file") }
        let tablesEnd = NestLayout.headerBytes + Int(tableBytes)
        guard checksum(UnsafeRawBufferPointer(rebasing: bytes[NestLayout.checkedFrom..<tablesEnd])) == crc else {
            throw bad("damaged: the checksum of its tables is wrong")
        }
        guard metadataCount <= NestLimits.metadata, stringCount <= NestLimits.strings, chunkCount <= NestLimits.chunks,
              programCount <= NestLimits.programs, programCount > 0 else { throw bad("impossible number of entries") }

        // Parsed into values first and checked after, so that a file that changes under the mapping changes nothing.
        var tables = TableReader(UnsafeRawBufferPointer(rebasing: bytes[NestLayout.headerBytes..<tablesEnd]))
        var metadata: [(key: String, value: String)] = []
        for _ in 0..<metadataCount where !tables.overrun {
            let key = tables.text()
            metadata.append((key, tables.text()))
        }
        var strings: [String] = []
        for _ in 0..<stringCount where !tables.overrun { strings.append(tables.text()) }
        var chunks: [ChunkLocation] = []
        var end = tablesEnd
        for index in 0..<chunkCount where !tables.overrun {
            let offset = tables.integer(UInt64.self), length = tables.integer(UInt64.self)
            let crc = tables.integer(UInt32.self), firstUse = tables.int32()
            _ = tables.integer(UInt64.self)
            guard offset % UInt64(NestLayout.chunkAlignment) == 0, offset >= UInt64(end), offset <= fileBytes,
                  length <= fileBytes - offset, UInt64(NestLayout.slack) <= fileBytes - offset - length else {
                throw bad("chunk \(index) lies outside the file")
            }
            chunks.append(ChunkLocation(offset: Int(offset), length: Int(length), crc: crc, firstUse: firstUse))
            end = Int(offset + length)
        }
        var programs: [Program] = []
        for index in 0..<programCount where !tables.overrun { programs.append(try readProgram(&tables, index, name)) }
        guard !tables.overrun else { throw bad("its tables end early") }
        guard tables.remaining == 0 else { throw bad("\(tables.remaining) bytes too many in its tables") }

        let checker = ProgramChecker(chunks: chunks, stringCount: strings.count)
        for program in programs {
            do throws(Failure) { try checker.check(program) } catch {
                throw Failure(error.kind, "\(name): program \(program.name): \(error.description)")
            }
        }
        self.metadata = metadata
        self.strings = strings
        self.programs = programs
        self.bytes = bytes
        if let file {
            source = FileSource(file, name: name, chunks: chunks)
        } else {
            source = MemorySource(copy!, name: name, chunks: chunks)
        }
        identity = crc
    }

    /// The value of a metadata key; nil where the nest has none.
    public func metadata(_ key: String) -> String? {
        for entry in metadata where entry.key == key { return entry.value }
        return nil
    }

    /// A string by index; "" for none.
    public func string(_ index: Int32) -> String { strings.indices.contains(Int(index)) ? strings[Int(index)] : "" }

    /// Where each chunk of weights lies, by index.
    public var chunks: [ChunkLocation] { source.chunks }
    /// What error messages call it: the path.
    public var name: String { source.name }

    /// A chunk that is read as it is (a tokenizer), not verified. Plain sources have all of them in memory.
    public func chunk(_ index: Int) -> UnsafeRawBufferPointer { source.mapped(index)! }

    /// Compares a chunk with its checksum.
    public func verify(chunk index: Int) throws(Failure) { try source.verify(index) }
}

private func readProgram(_ reader: inout TableReader, _ index: Int, _ name: String) throws(Failure) -> Program {
    var program = Program(name: reader.text(), batch: reader.int32(), arenaBytes: reader.integer(Int64.self),
                          stateBytes: reader.integer(Int64.self),
                          inputs: reader.list(limit: NestLimits.ports), outputs: reader.list(limit: NestLimits.ports), tensors: [],
                              instructions: [])
    let tensorCount = Int(clamping: reader.integer(UInt32.self)), instructionCount = Int(clamping: reader.integer(UInt32.self))
    guard tensorCount <= NestLimits.tensors, instructionCount <= NestLimits.instructions,
          tensorCount * NestLayout.tensorBytes + instructionCount * NestLayout.instructionBytes <= reader.remaining else {
        throw Failure(.badFormat, "\(name): program \(index) is longer than the file")
    }
    program.tensors.reserveCapacity(tensorCount)
    for position in 0..<tensorCount {
        let type = reader.integer(UInt8.self), storage = reader.integer(UInt8.self)
        _ = reader.integer(UInt16.self)
        guard let type = ElementType(rawValue: type), let storage = TensorStorage(rawValue: storage) else {
            throw Failure(.badFormat, "\(name): program \(index): tensor \(position) has an unknown type or storage")
        }
        var tensor = TensorRecord(type: type, storage: storage, batch: reader.int32(), height: reader.int32(), width: reader.int32(),
                                  channels: reader.int32())
        tensor.pixelStride = reader.int32()
        tensor.offset = reader.integer(Int64.self)
        tensor.chunk = reader.int32()
        tensor.scale = Float(bitPattern: reader.integer(UInt32.self))
        tensor.zeroPoint = reader.int32()
        tensor.name = reader.int32()
        _ = reader.integer(UInt64.self)
        program.tensors.append(tensor)
    }
    program.instructions.reserveCapacity(instructionCount)
    for position in 0..<instructionCount {
        guard let opcode = Opcode(rawValue: reader.integer(UInt16.self)) else {
            throw Failure(.unsupported, "\(name): program \(index): instruction \(position) is unknown to this build")
        }
        let words = Int(reader.integer(UInt16.self))
        guard words <= Instruction.attributeWords else {
            throw Failure(.badFormat, "\(name): program \(index): instruction \(position) has too many attributes")
        }
        var instruction = Instruction(opcode: opcode)
        instruction.inputs = (reader.int32(), reader.int32(), reader.int32())
        instruction.outputs = (reader.int32(), reader.int32(), reader.int32(), reader.int32())
        instruction.chunk = reader.int32()
        instruction.blobOffset = reader.integer(Int64.self)
        instruction.blobLength = reader.integer(Int64.self)
        instruction.name = reader.int32()
        _ = reader.integer(UInt64.self)
        for word in 0..<Instruction.attributeWords {
            let value = reader.int32()
            if word < words { instruction.attributes.append(value) }
        }
        program.instructions.append(instruction)
    }
    return program
}
