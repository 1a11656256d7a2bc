import Platform

/// Writes nest files. What it writes is not checked here: read it back (`NestReader`) to validate it.
public enum NestWriter {
    public static func write(_ contents: NestContents, to path: String) throws(Failure) {
        try File.writeAtomically(path, bytes(contents))
    }

    /// Writes a nest whose chunks are made one after the other (`contents.chunks` is not read): the file's length may be
    /// far above what memory holds. The file appears under its name when it is whole.
    public static func write(_ contents: NestContents, chunkLengths: [Int], to path: String,
                             chunk: (Int) throws(Failure) -> [UInt8]) throws(Failure) {
        let plan = FilePlan(contents, chunkLengths)
        try File.writeAtomically(path) { (write) throws(Failure) in
            var checksums = [UInt32](repeating: 0, count: chunkLengths.count)
            for (index, offset) in plan.offsets.enumerated() {
                let bytes = try chunk(index)
                guard bytes.count == chunkLengths[index] else { fatalError("a chunk of another length than announced") }
                checksums[index] = bytes.withUnsafeBytes { checksum($0) }
                try write(bytes, offset)
            }
            // The last chunk's slack, which also gives the file its length.
            if !chunkLengths.isEmpty { try write([UInt8](repeating: 0, count: NestLayout.slack), plan.total - NestLayout.slack) }
            var head = head(contents, plan, checksums)
            seal(&head)
            try write(head, 0)
        }
    }

    /// The whole file, sealed with its checksums: chunks at aligned offsets, zeros between.
    public static func bytes(_ contents: NestContents) -> [UInt8] {
        let plan = FilePlan(contents, contents.chunks.map { $0.count })
        var file = [UInt8](repeating: 0, count: plan.total)
        let head = head(contents, plan, contents.chunks.map { chunk in chunk.withUnsafeBytes { checksum($0) } })
        file.replaceSubrange(0..<head.count, with: head)
        for (offset, chunk) in zip(plan.offsets, contents.chunks) { file.replaceSubrange(offset..<offset + chunk.count, with: chunk) }
        seal(&file)
        return file
    }

    /// Where everything lies.
    private struct FilePlan {
        let lengths: [Int]
        var offsets: [Int] = []
        let tableBytes: Int, total: Int

        init(_ contents: NestContents, _ lengths: [Int]) {
            self.lengths = lengths
            // Chunk offsets depend on the length of the tables, and the tables hold chunk offsets: sizes are fixed, so
            // a first pass with zeros gives the length.
            let zeros = [Int](repeating: 0, count: lengths.count)
            tableBytes = tables(contents, offsets: zeros, lengths: lengths, checksums: zeros.map { UInt32($0) }).count
            var end = roundUp(NestLayout.headerBytes + tableBytes, to: NestLayout.chunkAlignment)
            for length in lengths {
                offsets.append(end)
                end = roundUp(end + length + NestLayout.slack, to: NestLayout.chunkAlignment)
            }
            // The last chunk's padding is cut to what readers need.
            total = lengths.isEmpty ? NestLayout.headerBytes + tableBytes : offsets[offsets.count - 1] + lengths[lengths.count - 1]
                + NestLayout.slack
        }
    }

    /// Header and tables, not yet sealed.
    private static func head(_ contents: NestContents, _ plan: FilePlan, _ checksums: [UInt32]) -> [UInt8] {
        var header = ByteWriter()
        header.add(NestLayout.magic)
        header.add(NestLayout.version)
        header.add(UInt32(NestLayout.headerBytes))
        header.add(UInt32(0))
        header.add(UInt64(plan.total))
        header.add(UInt64(plan.tableBytes))
        header.add(UInt32(contents.metadata.count))
        header.add(UInt32(contents.strings.count))
        header.add(UInt32(plan.lengths.count))
        header.add(UInt32(contents.programs.count))
        header.bytes += [UInt8](repeating: 0, count: NestLayout.headerBytes - header.bytes.count)
        return header.bytes + tables(contents, offsets: plan.offsets, lengths: plan.lengths, checksums: checksums)
    }

    /// Puts the checksum of header and tables right after a change; tests use it to reach the checks behind it.
    public static func seal(_ file: inout [UInt8]) {
        guard file.count >= NestLayout.headerBytes else { return }
        var length = 0
        for i in 0..<8 { length |= Int(truncatingIfNeeded: UInt64(file[24 + i]) << (8 * UInt64(i))) }
        guard length >= 0, length <= file.count - NestLayout.headerBytes else { return }
        let crc = file.withUnsafeBytes {
            checksum(UnsafeRawBufferPointer(rebasing: $0[NestLayout.checkedFrom..<NestLayout.headerBytes + length]))
        }
        for i in 0..<4 { file[12 + i] = UInt8(truncatingIfNeeded: crc >> (8 * UInt32(i))) }
    }

    private static func tables(_ contents: NestContents, offsets: [Int], lengths: [Int], checksums: [UInt32]) -> [UInt8] {
        var writer = ByteWriter()
        for entry in contents.metadata {
            writer.add(entry.key)
            writer.add(entry.value)
        }
        for string in contents.strings { writer.add(string) }
        let uses = firstUses(contents, chunks: lengths.count)
        for index in lengths.indices {
            writer.add(UInt64(offsets[index]))
            writer.add(UInt64(lengths[index]))
            writer.add(checksums[index])
            writer.add(uses[index])
            writer.add(UInt64(0))
        }
        for program in contents.programs { add(program, to: &writer) }
        return writer.bytes
    }

    /// The first instruction of the first program that reads each chunk; -1 where none does.
    private static func firstUses(_ contents: NestContents, chunks: Int) -> [Int32] {
        var uses = [Int32](repeating: -1, count: chunks)
        guard let program = contents.programs.first else { return uses }
        func use(_ chunk: Int32, _ instruction: Int) {
            if uses.indices.contains(Int(chunk)), uses[Int(chunk)] < 0 { uses[Int(chunk)] = Int32(instruction) }
        }
        for (index, instruction) in program.instructions.enumerated() {
            use(instruction.chunk, index)
            for input in [instruction.inputs.0, instruction.inputs.1, instruction.inputs.2]
                where program.tensors.indices.contains(Int(input)) {
                use(program.tensors[Int(input)].chunk, index)
            }
        }
        return uses
    }

    private static func add(_ program: Program, to writer: inout ByteWriter) {
        writer.add(program.name)
        writer.add(program.batch)
        writer.add(program.arenaBytes)
        writer.add(program.stateBytes)
        writer.add(program.inputs)
        writer.add(program.outputs)
        writer.add(UInt32(program.tensors.count))
        writer.add(UInt32(program.instructions.count))
        for tensor in program.tensors {
            writer.bytes += [tensor.type.rawValue, tensor.storage.rawValue, 0, 0]
            for value in [tensor.batch, tensor.height, tensor.width, tensor.channels, tensor.pixelStride] { writer.add(value) }
            writer.add(tensor.offset)
            writer.add(tensor.chunk)
            writer.add(tensor.scale.bitPattern)
            writer.add(tensor.zeroPoint)
            writer.add(tensor.name)
            writer.add(UInt64(0))
        }
        for instruction in program.instructions {
            writer.add(instruction.opcode.rawValue)
            writer.add(UInt16(instruction.attributes.count))
            for value in [instruction.inputs.0, instruction.inputs.1, instruction.inputs.2,
                          instruction.outputs.0, instruction.outputs.1, instruction.outputs.2, instruction.outputs.3, instruction.chunk] {
                              writer.add(value)
                          }
            writer.add(instruction.blobOffset)
            writer.add(instruction.blobLength)
            writer.add(instruction.name)
            writer.add(UInt64(0))
            for index in 0..<Instruction.attributeWords {
                writer.add(index < instruction.attributes.count ? instruction.attributes[index] : 0)
            }
        }
    }
}

/// Bytes appended little-endian.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func add<T: FixedWidthInteger>(_ value: T) {
        var rest = value
        for _ in 0..<MemoryLayout<T>.size {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    mutating func add(_ text: String) {
        let utf8 = Array(text.utf8)
        add(UInt32(utf8.count))
        bytes += utf8
    }

    mutating func add(_ list: [Int32]) {
        add(UInt32(list.count))
        for value in list { add(value) }
    }
}
