import CLinux
import Platform

/// A whole file in memory, or a copy of bytes. Read rather than mapped: a mapped file that another process cuts
/// short kills the reader.
public final class FileContents: @unchecked Sendable {
    public let bytes: UnsafeMutablePointer<UInt8>
    public let count: Int

    /// Reads `path`, up to `limit` bytes.
    /// - Throws: `.inputOutput` where it can't be read, `.badFormat` where it is empty, `.unsupported` beyond the limit.
    public init(path: String, limit: Int) throws(Failure) {
        let descriptor = linux_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw Failure(.inputOutput, "\(path): can't be opened: \(errorText(linux_errno()))") }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else {
            throw Failure(.inputOutput, "\(path): can't be read: \(errorText(linux_errno()))")
        }
        guard information.st_mode & 0o170000 == 0o100000 else { throw Failure(.inputOutput, "\(path): is not a file") }
        let size = Int(clamping: information.st_size)
        guard size > 0 else { throw Failure(.badFormat, "\(path): is empty") }
        guard size <= limit else { throw Failure(.unsupported, "\(path): \(size) bytes is over the limit of \(limit)") }
        guard let memory = malloc(size) else { throw Failure(.resource, "\(path): no memory for \(size) bytes") }
        bytes = memory.bindMemory(to: UInt8.self, capacity: size)
        var filled = 0
        while filled < size {
            let got = read(descriptor, bytes + filled, size - filled)
            if got < 0 && linux_errno() == EINTR { continue }
            guard got > 0 else { break }
            filled += got
        }
        count = filled
        guard filled == size else { throw Failure(.inputOutput, "\(path): only \(filled) of \(size) bytes could be read") }
    }

    /// A copy of `source`.
    public init(copying source: UnsafeRawBufferPointer) throws(Failure) {
        guard let memory = malloc(max(source.count, 1)) else { throw Failure(.resource, "no memory for \(source.count) bytes") }
        bytes = memory.bindMemory(to: UInt8.self, capacity: max(source.count, 1))
        count = source.count
        if let base = source.baseAddress { memcpy(bytes, base, source.count) }
    }

    deinit { free(bytes) }
}
