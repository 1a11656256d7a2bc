import CLinux

/// Whole files, read and written in one step.
public enum File {
    /// All bytes of a file, device or pipe. Fails with `inputOutput` where it can't be read and with `badFormat` where
    /// it is longer than `limit` bytes.
    public static func read(_ path: String, limit: Int = 1 << 30) throws(Failure) -> [UInt8] {
        let descriptor = linux_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot open \(path)") }
        defer { close(descriptor) }
        // A regular file's size is known: one allocation. Files in /proc and /sys claim a size that isn't theirs, so
        // reading goes on until the end all the same.
        let expected = Int(clamping: max(0, linux_regular_file_size(descriptor)))
        guard expected <= limit else { throw Failure(.badFormat, "\(path) has \(expected) bytes, more than the limit of \(limit)") }
        var bytes = [UInt8](repeating: 0, count: max(expected + 1, 4096))
        var used = 0
        while true {
            if used == bytes.count {
                guard used <= limit else { throw Failure(.badFormat, "\(path) has more than the limit of \(limit) bytes") }
                bytes.append(contentsOf: [UInt8](repeating: 0, count: bytes.count))
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

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Replaces a file so that after a crash either the old or the new contents are there, never a mixture.
    public static func writeAtomically(_ path: String, _ bytes: [UInt8]) throws(Failure) {
        try writeAtomically(path) { (write) throws(Failure) in try write(bytes, 0) }
    }

    /// The same for a file that is made piece by piece: `body` writes bytes at offsets, in any order.
    public static func writeAtomically(_ path: String, _ body: (_ write: (_ bytes: [UInt8], _ offset: Int) throws(Failure) -> Void) throws(Failure) -> Void) throws(Failure) {
        let temporary = path + ".new"
        let descriptor = linux_open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot create \(temporary)") }
        var failure: Failure?
        do throws(Failure) {
            try body { (bytes, offset) throws(Failure) in
                if let problem = bytes.withUnsafeBytes({ writeAll(descriptor, $0, at: offset, path: temporary) }) { throw problem }
            }
        } catch { failure = error }
        if failure == nil, fsync(descriptor) != 0 { failure = .system(.inputOutput, "cannot write \(temporary) to storage") }
        close(descriptor)
        if failure == nil, rename(temporary, path) != 0 { failure = .system(.inputOutput, "cannot rename \(temporary) to \(path)") }
        if let failure {
            unlink(temporary)
            throw failure
        }
        syncFolder(of: path)
    }

    /// Writes every byte, going on after short writes and interruptions; nil when all is written.
    private static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int, path: String) -> Failure? {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if count < 0, linux_errno() == EINTR { continue }
            guard count > 0 else { return .system(.inputOutput, "cannot write \(path)") }
            done += count
        }
        return nil
    }

    /// The rename itself is only durable once its folder is.
    private static func syncFolder(of path: String) {
        var folder = "."
        if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) {
            folder = slash == path.utf8.startIndex ? "/" : String(decoding: Array(path.utf8[..<slash]), as: UTF8.self)
        }
        let descriptor = linux_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
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
