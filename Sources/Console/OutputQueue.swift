import CLinux

/// Bytes that wait for a slow reader: fixed size, whole pieces or nothing.
struct OutputQueue {
    private var bytes: [UInt8]
    private var start = 0
    private(set) var count = 0

    init(capacity: Int) { bytes = [UInt8](repeating: 0, count: capacity) }

    var room: Int { bytes.count - count }
    var capacity: Int { bytes.count }

    /// False, and nothing taken, where the piece doesn't fit.
    mutating func append(_ piece: [UInt8]) -> Bool {
        guard piece.count <= room else { return false }
        var end = (start + count) % bytes.count
        for byte in piece {
            bytes[end] = byte
            end = end + 1 == bytes.count ? 0 : end + 1
        }
        count += piece.count
        return true
    }

    mutating func clear() {
        start = 0
        count = 0
    }

    /// Writes what the descriptor takes without waiting. The number of bytes written; nil where nobody reads any more.
    mutating func flush(to descriptor: Int32) -> Int? {
        var written = 0
        while count > 0 {
            // Not more than a pipe's page at once: a descriptor that couldn't be made non-blocking still takes that.
            let piece = min(count, bytes.count - start, 4096)
            let result = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + start, piece) }
            if result > 0 {
                start = (start + result) % bytes.count
                count -= result
                written += result
                if result < piece { break }
            } else if result < 0, linux_errno() == EINTR {
                continue
            } else if result < 0, linux_errno() == EAGAIN {
                break
            } else {
                return nil
            }
        }
        return written
    }
}
