import CLinux

/// Page-aligned memory of the process's own, zeroed, given by the kernel only as it is touched.
public final class PageMemory {
    public let bytes: UnsafeMutableRawBufferPointer

    /// `count` is rounded up to whole pages; `purpose` is for the message. Fails with `resource` where the system has no room.
    public init(count: Int, for purpose: String = "") throws(Failure) {
        let page = pageBytes
        let (padded, overflow) = max(count, 1).addingReportingOverflow(page - 1)
        guard !overflow, let address = linux_map(nil, padded / page * page, PROT_READ | PROT_WRITE,
                                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) else {
            throw .system(.resource, "cannot get \(megabytes(count)) of memory\(purpose.isEmpty ? "" : " for " + purpose)")
        }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: padded / page * page)
    }

    deinit { munmap(bytes.baseAddress!, bytes.count) }

    /// Start of the first page; valid while this object lives.
    public var baseAddress: UnsafeMutableRawPointer { bytes.baseAddress! }

    /// Gives the whole pages of a range back; they read as zeros afterwards.
    public func drop(_ range: Range<Int>) {
        let page = pageBytes
        let start = (range.lowerBound + page - 1) / page * page, end = min(range.upperBound, bytes.count) / page * page
        guard start >= 0, end > start else { return }
        madvise(baseAddress + start, end - start, MADV_DONTNEED)
    }

    /// Bytes of a range that are in memory now.
    public func residentBytes(_ range: Range<Int>) -> Int {
        let page = pageBytes
        let start = range.lowerBound / page * page, end = min(bytes.count, (range.upperBound + page - 1) / page * page)
        guard end > start else { return 0 }
        var flags = [UInt8](repeating: 0, count: (end - start) / page)
        guard mincore(baseAddress + start, end - start, &flags) == 0 else { return 0 }
        var count = 0
        for flag in flags where flag & 1 != 0 { count += 1 }
        return count * page
    }
}
