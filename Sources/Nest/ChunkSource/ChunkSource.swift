import Platform

/// Where the bytes of chunks come from: the one place that knows how a nest is stored. What it gives is the chunk as the
/// writer had it; a source whose storage differs (sealed, compressed) has no mapping and overrides `copy`.
public class ChunkSource {
    /// What error messages call it: the path.
    public let name: String
    public let chunks: [ChunkLocation]

    init(name: String, chunks: [ChunkLocation]) {
        self.name = name
        self.chunks = chunks
    }

    /// A chunk that can be looked at where it lies, not verified; nil where it has to be read.
    public func mapped(_ chunk: Int) -> UnsafeRawBufferPointer? { nil }

    /// Copies a part of a chunk to memory, not verified. Fails with `inputOutput` where storage does.
    func copy(_ chunk: Int, offset: Int, to destination: UnsafeMutableRawBufferPointer) throws(Failure) {
        fatalError("a source that can't be read")
    }

    /// Whether chunks can be read again and again without being kept in memory.
    public var isStreamable: Bool { false }
    /// Called once before chunks are read instead of looked at: nobody needs the mapping's pages from now on.
    public func beginStreaming() {}
    /// What happened to the mapping while it was in use; nil: nothing.
    public var failure: Failure? { nil }
    /// Bytes of the mapping, and those of them in memory now (asks the system).
    public var mappedBytes: Int { 0 }
    public var residentBytes: Int { 0 }

    /// Reads a whole chunk and compares it with its checksum.
    public final func read(_ chunk: Int, into memory: UnsafeMutableRawPointer) throws(Failure) {
        let all = UnsafeMutableRawBufferPointer(start: memory, count: chunks[chunk].length)
        try copy(chunk, offset: 0, to: all)
        try check(chunk, checksum(UnsafeRawBufferPointer(all)))
    }

    /// Reads a part of a chunk; only a whole one can be compared with its checksum: `verify` it first.
    public final func read(_ chunk: Int, offset: Int, into memory: UnsafeMutableRawPointer, count: Int) throws(Failure) {
        try copy(chunk, offset: offset, to: UnsafeMutableRawBufferPointer(start: memory, count: count))
    }

    /// Compares a chunk with its checksum where it lies.
    public final func verify(_ chunk: Int) throws(Failure) {
        guard let mapped = mapped(chunk) else {
            let memory = try PageMemory(count: chunks[chunk].length)
            return try read(chunk, into: memory.baseAddress)
        }
        try check(chunk, checksum(mapped))
    }

    /// Compares a chunk with its checksum by reading it once through `buffer`, which may be smaller than the chunk.
    public final func verify(_ chunk: Int, through buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        var done = 0, sum: UInt32 = 0
        while done < chunks[chunk].length {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, chunks[chunk].length - done)])
            try copy(chunk, offset: done, to: part)
            sum = checksum(UnsafeRawBufferPointer(part), after: sum)
            done += part.count
        }
        try check(chunk, sum)
    }

    private func check(_ chunk: Int, _ sum: UInt32) throws(Failure) {
        guard sum == chunks[chunk].crc else {
            throw Failure(.badFormat, "\(name): weights damaged: the checksum of chunk \(chunk) at byte \(chunks[chunk].offset) is wrong, "
                + "copy the file again")
        }
    }
}
