import CLinux

/// A regular file, read-only in memory. Pages come from storage when first touched; a file that is truncated while
/// mapped reads as zeros from there on and sets `isBroken`, instead of killing the process.
public final class MappedFile {
    public let path: String
    public let bytes: UnsafeRawBufferPointer
    /// Stays open, for reading parts past the mapping.
    public let descriptor: Int32
    private let watch: Int32

    /// Fails with `inputOutput` where it can't be opened or is no regular file, with `badFormat` where it is empty or has
    /// more than `limit` bytes, with `resource` where it can't be mapped.
    public init(path: String, limit: Int = .max) throws(Failure) {
        let descriptor = linux_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot open \(path)") }
        let size = Int(clamping: linux_regular_file_size(descriptor))
        guard size > 0, size <= limit, let address = linux_map(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0) else {
            let failure = size < 0 ? Failure(.inputOutput, "\(path) is not a regular file")
                : size == 0 ? Failure(.badFormat, "\(path) is empty")
                : size > limit ? Failure(.badFormat, "\(path) has \(size) bytes, more than the limit of \(limit)")
                : Failure.system(.resource, "cannot map \(path)")
            close(descriptor)
            throw failure
        }
        self.path = path
        self.descriptor = descriptor
        bytes = UnsafeRawBufferPointer(start: address, count: size)
        watch = linux_watch_mapping(address, size)
    }

    deinit {
        linux_forget_mapping(watch)
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
        close(descriptor)
    }

    /// A page was missing when it was touched: the file was truncated, or its storage failed.
    public var isBroken: Bool { linux_mapping_broken(watch) != 0 }

    /// Takes a range out of this process's memory and, where nobody else uses it, out of the page cache.
    public func drop(_ range: Range<Int>) {
        advise(range, MADV_DONTNEED)
        posix_fadvise(descriptor, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_DONTNEED)
    }

    private func advise(_ range: Range<Int>, _ advice: Int32) {
        let page = pageBytes
        let start = range.lowerBound / page * page, end = min(bytes.count, range.upperBound)
        guard start >= 0, end > start else { return }
        madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress! + start), end - start, advice)
    }

    /// Bytes of the mapping that are in memory now (asks the kernel page by page; for tests and `status`).
    public var residentBytes: Int {
        let page = pageBytes, pages = (bytes.count + page - 1) / page
        var flags = [UInt8](repeating: 0, count: pages)
        guard mincore(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count, &flags) == 0 else { return 0 }
        var count = 0
        for flag in flags where flag & 1 != 0 { count += 1 }
        return count * page
    }
}

/// Bytes of a page of memory here: 4096, or 16384 on some 64-bit ARM kernels.
public var pageBytes: Int { Int(sysconf(Int32(_SC_PAGESIZE))) }
