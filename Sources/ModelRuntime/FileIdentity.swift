import CLinux

/// Which file a path leads to, and whether it is still as it was.
struct FileIdentity: Equatable {
    private let device: UInt64
    private let node: UInt64
    private let size: Int64
    private let changedSeconds: Int64
    private let changedNanoseconds: Int64

    /// Nil where there is nothing.
    init?(_ path: String) {
        var status = stat()
        // Tasks look at their models' files every few seconds: a string handed to C as it is would be copied to the heap.
        guard path.withCString({ stat($0, &status) }) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        node = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int64(truncatingIfNeeded: status.st_size)
        changedSeconds = Int64(truncatingIfNeeded: status.st_mtim.tv_sec)
        changedNanoseconds = Int64(truncatingIfNeeded: status.st_mtim.tv_nsec)
    }
}
