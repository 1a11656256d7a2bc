import CLinux

/// Whole files, read and written in one step.
public enum File {
    /// The most that is taken of a pipe or device, which doesn't say how long it is, unless the caller knows better.
    public static let unsizedLimit = 16 << 20

    /// All bytes of a file, device or pipe. Fails with `inputOutput` where it can't be read and with `badFormat` where
    /// it is longer than `limit` bytes, or than `unsizedLimit` where it doesn't say its length before.
    public static func read(_ path: String, limit: Int = 1 << 30, unsizedLimit: Int = unsizedLimit) throws(Failure) -> [UInt8] {
        let descriptor = linux_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot open \(path)") }
        defer { close(descriptor) }
        // A regular file's size is known: one allocation. Files in /proc and /sys claim a size that isn't theirs, so
        // reading goes on until the end all the same.
        let size = linux_regular_file_size(descriptor)
        let expected = Int(clamping: max(0, size)), limit = size < 0 ? min(limit, unsizedLimit) : limit
        guard expected <= limit else { throw Failure(.badFormat, "\(path) has \(expected) bytes, more than the limit of \(limit)") }
        var bytes = [UInt8](repeating: 0, count: max(expected + 1, 4096))
        var used = 0
        while true {
            if used == bytes.count {
                guard used <= limit else { throw Failure(.badFormat, "\(path) has more than the limit of \(limit) bytes") }
                // No further than what shows that it is too long.
                bytes.append(contentsOf: repeatElement(0, count: min(bytes.count, limit + 1 - used)))
            }
            let room = bytes.count - used
            let count = bytes.withUnsafeMutableBytes { Glue.read(descriptor, $0.baseAddress! + used, room) }
            if count == 0 { break }
            guard count > 0 else { throw .system(.inputOutput, "cannot read \(path)") }
            used += count
        }
        guard used <= limit else { throw Failure(.badFormat, "\(path) has more than the limit of \(limit) bytes") }
        bytes.removeLast(bytes.count - used)
        return bytes
    }

    /// The file's text, invalid UTF-8 repaired; nil where it can't be read. For small files of /proc and /sys.
    public static func text(_ path: String, limit: Int = 1 << 20) -> String? {
        guard let bytes = try? read(path, limit: limit) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether something is there, a folder or a device as well; false where a folder on the way may not be searched.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Writes a file so that after a crash either the old or the new contents are there, never a mixture. A file that
    /// exists keeps its rights and, where this user may, its owner; devices, FIFOs and `/dev/stdout` take the bytes.
    public static func writeAtomically(_ path: String, _ bytes: [UInt8]) throws(Failure) {
        try writeAtomically(path) { (write) throws(Failure) in try write(bytes, 0) }
    }

    /// The same for a file that is made piece by piece: `body` writes bytes at offsets, in any order.
    public static func writeAtomically(
        _ path: String, _ body: (_ write: (_ bytes: [UInt8], _ offset: Int) throws(Failure) -> Void) throws(Failure) -> Void
    ) throws(Failure) {
        let target = try FileTarget.find(path)
        switch try target.way() {
        case .replace:
            let staged = try StagedFile(target)
            try body { (bytes, offset) throws(Failure) in try staged.write(bytes, at: offset) }
            try staged.publish()
        case .direct(let descriptor):
            defer { close(descriptor) }
            // Nothing there can be written at an offset: all of it first, then in order.
            var whole: [UInt8] = []
            try body { (bytes, offset) throws(Failure) in
                if offset == whole.count { return whole += bytes }
                if whole.count < offset + bytes.count { whole += [UInt8](repeating: 0, count: offset + bytes.count - whole.count) }
                whole.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            }
            try writeInOrder(whole, descriptor, path)
        }
    }

    private static func writeInOrder(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if count < 0, linux_errno() == EINTR { continue }
            guard count > 0 else { throw .system(.inputOutput, "cannot write \(path)") }
            done += count
        }
        // Only what has storage behind it can be brought there.
        if fsync(descriptor) != 0, linux_errno() != EINVAL, linux_errno() != ENOTSUP, linux_errno() != EROFS {
            throw .system(.inputOutput, "cannot write \(path) to storage")
        }
    }
}

/// System calls that are tried again after an interruption.
enum Glue {
    static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
        while true {
            let result = CLinux.read(descriptor, buffer, count)
            if result >= 0 || linux_errno() != EINTR { return result }
        }
    }
}
