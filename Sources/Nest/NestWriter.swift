import Platform

/// Writes nest files. What it writes is not checked here: read it back (`NestReader`) to validate it.
public enum NestWriter {
    public static func write(_ contents: NestContents, to path: String) throws(Failure) {
        try File.writeAtomically(path, bytes(contents))
    }

    public static func bytes(_ contents: NestContents) -> [UInt8] {
        // Chunk offsets depend on the length of the tables, and the tables hold chunk offsets: sizes are fixed, so
        // a first pass with zeros gives the length.
        let length = tables(contents, offsets: [Int](repeating: 0, count: contents.chunks.count)).count
        var offsets: [Int] = []
        var end = roundUp(NestLayout.headerBytes + length, to: NestLayout.chunkAlignment)
        for chunk in contents.chunks {
            offsets.append(end)
            end = roundUp(end + chunk.count + NestLayout.slack, to: NestLayout.chunkAlignment)
        }
        let tables = tables(contents, offsets: offsets)
        // The last chunk's padding is cut to what readers need.
        let total = contents.chunks.isEmpty ? NestLayout.headerBytes + length : offsets[offsets.count - 1] + contents.chunks[contents.chunks.count - 1].count + NestLayout.slack

        var header = ByteWriter()
        header.add(NestLayout.magic)
        header.add(NestLayout.version)
        header.add(UInt32(NestLayout.headerBytes))
        header.add(UInt32(0))
        header.add(UInt64(total))
        header.add(UInt64(length))
        header.add(UInt32(contents.metadata.count))
        header.add(UInt32(contents.strings.count))
        header.add(UInt32(contents.chunks.count))
        header.add(UInt32(contents.programs.count))
        header.bytes += [UInt8](repeating: 0, count: NestLayout.headerBytes - header.bytes.count)

        var file = [UInt8](repeating: 0, count: total)
        file.replaceSubrange(0..<header.bytes.count, with: header.bytes)
        file.replaceSubrange(header.bytes.count..<header.bytes.count + length, with: tables)
        for (offset, chunk) in zip(offsets, contents.chunks) { file.replaceSubrange(offset..<offset + chunk.count, with: chunk) }
        seal(&file)
        return file
    }

    /// Puts the checksum of header and tables right after a change; tests use it to reach the checks behind it.
    public static func seal(_ file: inout [UInt8]) {
        guard file.count >= NestLayout.headerBytes else { return }
        var length = 0
        for i in 0..<8 { length |= Int(truncatingIfNeeded: UInt64(file[24 + i]) << (8 * UInt64(i))) }
        guard length >= 0, length <= file.count - NestLayout.headerBytes else { return }
        let crc = file.withUnsafeBytes { checksum(UnsafeRawBufferPointer(rebasing: $0[NestLayout.checkedFrom..<NestLayout.headerBytes + length])) }
        for i in 0..<4 { file[12 + i] = UInt8(truncatingIfNeeded: crc >> (8 * UInt32(i))) }
    }

    private static func tables(_ contents: NestContents, offsets: [Int]) -> [UInt8] {
        var writer = ByteWriter()
        for entry in contents.metadata {
            writer.add(entry.key)
            writer.add(entry.value)
        }
        for string in contents.strings { writer.add(string) }
        let uses = firstUses(contents)
        for (index, chunk) in contents.chunks.enumerated() {
            writer.add(UInt64(offsets[index]))
            writer.add(UInt64(chunk.count))
            writer.add(chunk.withUnsafeBytes { checksum($0) })
            writer.add(uses[index])
            writer.add(UInt64(0))
        }
        for program in contents.programs { add(program, to: &writer) }
        return writer.bytes
    }

    /// The first instruction of the first program that reads each chunk; -1 where none does.
    private static func firstUses(_ contents: NestContents) -> [Int32] {
        var uses = [Int32](repeating: -1, count: contents.chunks.count)
        guard let program = contents.programs.first else { return uses }
        func use(_ chunk: Int32, _ instruction: Int) {
            if uses.indices.contains(Int(chunk)), uses[Int(chunk)] < 0 { uses[Int(chunk)] = Int32(instruction) }
        }
        for (index, instruction) in program.instructions.enumerated() {
            use(instruction.chunk, index)
            for input in [instruction.inputs.0, instruction.inputs.1, instruction.inputs.2] where program.tensors.indices.contains(Int(input)) {
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
                          instruction.outputs.0, instruction.outputs.1, instruction.outputs.2, instruction.outputs.3, instruction.chunk] { writer.add(value) }
            writer.add(instruction.blobOffset)
            writer.add(instruction.blobLength)
            writer.add(instruction.name)
            writer.add(UInt64(0))
            for index in 0..<Instruction.attributeWords { writer.add(index < instruction.attributes.count ? instruction.attributes[index] : 0) }
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
