import CLinux

/// What a file is to be written to. Found once and held by its folder, so that nobody who may rename things on the way
/// there can lead the writing elsewhere.
///
/// Symbolic links are followed where they are this user's or root's: what somebody else laid there is refused. Devices,
/// FIFOs and descriptors (`/dev/stdout`) are written to, never replaced.
final class FileTarget {
    enum Way {
        /// A new file takes the name when it is whole.
        case replace
        /// What stands there takes the bytes: an open descriptor.
        case direct(Int32)
    }

    /// As it was asked for: for messages.
    let path: String
    /// Open, to look from.
    let folder: Int32
    let name: String
    let entry: linux_entry

    private init(path: String, folder: Int32, name: String, entry: linux_entry) {
        self.path = path
        self.folder = folder
        self.name = name
        self.entry = entry
    }

    deinit { close(folder) }

    var exists: Bool { entry.kind != 0 }

    /// Links in a row; the kernel's own limit.
    private static let mostLinks = 40
    /// A FIFO without a reader must not hold a console's command for ever.
    private static let readerMilliseconds = 10_000

    static func find(_ path: String) throws(Failure) -> FileTarget {
        var (place, name) = parts(path)
        var folder = linux_open_folder(AT_FDCWD, place)
        for _ in 0...mostLinks {
            guard folder >= 0 else { throw .system(.inputOutput, "cannot write \(path)") }
            guard !name.isEmpty, name != ".", name != ".." else {
                close(folder)
                throw Failure(.inputOutput, "cannot write \(path): it is a folder")
            }
            var entry = linux_entry()
            guard linux_look(folder, name, &entry) == 0 else {
                let failure = Failure.system(.inputOutput, "cannot write \(path)")
                close(folder)
                throw failure
            }
            // A link of procfs is no path: opening it gives what it stands for.
            if entry.kind != 0x6C || linux_is_proc(folder) != 0 { return FileTarget(path: path, folder: folder, name: name, entry: entry) }
            let behind = folder
            defer { close(behind) }
            guard entry.user == geteuid() || entry.user == 0 else {
                throw Failure(.inputOutput, "cannot write \(path): a symbolic link of another user's is in the way; name the file itself")
            }
            guard let target = linkTarget(folder, name) else { throw .system(.inputOutput, "cannot write \(path)") }
            (place, name) = parts(target)
            folder = linux_open_folder(behind, place)
        }
        close(folder)
        throw Failure(.inputOutput, "cannot write \(path): too many symbolic links")
    }

    /// How to write there. A descriptor that this gives belongs to the caller.
    func way() throws(Failure) -> Way {
        switch UInt8(truncatingIfNeeded: entry.kind) {
        case 0: return .replace
        case UInt8(ascii: "f"):
            // What its owner protected isn't replaced, although its folder would allow it.
            guard faccessat(folder, name, W_OK, 0) == 0 else { throw .system(.inputOutput, "cannot write \(path)") }
            return .replace
        case UInt8(ascii: "d"): throw Failure(.inputOutput, "cannot write \(path): it is a folder")
        case UInt8(ascii: "s"): throw Failure(.inputOutput, "cannot write \(path): it is a socket")
        case UInt8(ascii: "p"): return .direct(try openPipe())
        case UInt8(ascii: "l"): return .direct(try openDescriptor())
        default:
            let descriptor = linux_open_at(folder, name, O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0)
            guard descriptor >= 0 else { throw .system(.inputOutput, "cannot write \(path)") }
            return .direct(descriptor)
        }
    }

    private func openPipe() throws(Failure) -> Int32 {
        var left = Self.readerMilliseconds
        while true {
            let descriptor = linux_open_at(folder, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0)
            if descriptor >= 0 {
                _ = linux_make_blocking(descriptor)
                return descriptor
            }
            guard linux_errno() == ENXIO else { throw .system(.inputOutput, "cannot write \(path)") }
            guard left > 0, !Signals.stopRequested else { throw Failure(.inputOutput, "cannot write \(path): nobody reads it") }
            usleep(20_000)
            left -= 20
        }
    }

    /// A process's open descriptor by its name in /proc. Our own is shared, with its place in the file: what was written
    /// before stays.
    private func openDescriptor() throws(Failure) -> Int32 {
        var number: Int32 = 0, isNumber = true
        for byte in name.utf8 {
            if byte >= 48, byte < 58, number < 100_000_000 { number = number * 10 + Int32(byte - 48) } else { isNumber = false }
        }
        let isOwn = isNumber && linux_is_own_descriptors(folder) != 0
        let descriptor = isOwn ? dup(number) : linux_open_at(folder, name, O_WRONLY | O_NOCTTY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot write \(path)") }
        return descriptor
    }

    /// "a/b/c" in its folder and its name.
    private static func parts(_ path: String) -> (folder: String, name: String) {
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: 47) else { return (".", path) }
        return (slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self), String(decoding: bytes[(slash + 1)...], as: UTF8.self))
    }

    private static func linkTarget(_ folder: Int32, _ name: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { buffer in
            let count = readlinkat(folder, name, buffer.baseAddress!, 4096)
            guard count >= 0 else { return nil }
            buffer[count] = 0
            return String(cString: buffer.baseAddress!)
        }
    }
}
