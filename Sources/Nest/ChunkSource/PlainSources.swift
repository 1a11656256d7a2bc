import CLinux
import Platform

/// Chunks as they stand in a mapped file.
final class FileSource: ChunkSource {
    private let file: MappedFile

    init(_ file: MappedFile, name: String, chunks: [ChunkLocation]) {
        self.file = file
        super.init(name: name, chunks: chunks)
    }

    override func mapped(_ chunk: Int) -> UnsafeRawBufferPointer? {
        UnsafeRawBufferPointer(rebasing: file.bytes[chunks[chunk].offset..<chunks[chunk].offset + chunks[chunk].length])
    }

    override func copy(_ chunk: Int, offset: Int, to destination: UnsafeMutableRawBufferPointer) throws(Failure) {
        let start = chunks[chunk].offset + offset
        var done = 0
        while done < destination.count {
            // In pieces, so that what the page cache holds besides stays small.
            let wanted = min(1 << 20, destination.count - done)
            let count = pread(file.descriptor, destination.baseAddress! + done, wanted, off_t(start + done))
            if count < 0, linux_errno() == EINTR { continue }
            guard count >= 0 else { throw .system(.inputOutput, "cannot read weights of \(file.path)") }
            guard count > 0 else { throw Failure(.inputOutput, "\(file.path): truncated while in use, copy the file again and restart") }
            posix_fadvise(file.descriptor, off_t(start + done), off_t(count), POSIX_FADV_DONTNEED)
            done += count
        }
    }

    override var isStreamable: Bool { true }

    override func beginStreaming() {
        // Pages that were looked at before. Then exactly what is asked for: the kernel's own reading ahead would read
        // what is resident already.
        if let first = chunks.first { file.drop(first.offset..<file.bytes.count) }
        posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_RANDOM)
    }

    override var failure: Failure? {
        guard file.isBroken else { return nil }
        return Failure(.inputOutput, "\(file.path): truncated or unreadable while in use, copy the file again and restart")
    }

    override var mappedBytes: Int { file.bytes.count }
    override var residentBytes: Int { file.residentBytes }
}

/// Chunks of a nest that is in memory.
final class MemorySource: ChunkSource {
    private let memory: PageMemory

    init(_ memory: PageMemory, name: String, chunks: [ChunkLocation]) {
        self.memory = memory
        super.init(name: name, chunks: chunks)
    }

    override func mapped(_ chunk: Int) -> UnsafeRawBufferPointer? {
        UnsafeRawBufferPointer(rebasing: memory.bytes[chunks[chunk].offset..<chunks[chunk].offset + chunks[chunk].length])
    }

    override func copy(_ chunk: Int, offset: Int, to destination: UnsafeMutableRawBufferPointer) throws(Failure) {
        destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: mapped(chunk)![offset..<offset + destination.count]))
    }

    override var residentBytes: Int { chunks.reduce(0) { $0 + $1.length } }
}
