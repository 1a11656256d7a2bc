import CLinux

/// A folder of folders, each of which is there whole or not at all, after a power cut too. One process at a time writes to it.
public final class FolderStore {
    /// As it was asked for.
    public let path: String
    /// Open, and locked.
    let descriptor: Int32

    /// Opens a folder that is there, and clears what a process that was killed had begun in it.
    /// - Throws: `.inputOutput` where it isn't there, is no folder or a link to one, may not be written, or is another process's.
    public init(_ path: String) throws(Failure) {
        var entry = linux_entry()
        guard linux_look(AT_FDCWD, path, &entry) == 0 else { throw .system(.inputOutput, "cannot open \(path)") }
        switch UInt8(truncatingIfNeeded: entry.kind) {
        case UInt8(ascii: "d"): break
        case 0: throw Failure(.inputOutput, "\(path) is not there; a folder is expected")
        case UInt8(ascii: "l"): throw Failure(.inputOutput, "\(path) is a symbolic link; a folder is expected")
        default: throw Failure(.inputOutput, "\(path) is not a folder")
        }
        descriptor = linux_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot open \(path)") }
        self.path = path
        guard faccessat(descriptor, ".", W_OK | X_OK, 0) == 0 else { throw .system(.inputOutput, "cannot write to \(path)") }
        guard linux_lock_folder(descriptor) == 0 else { throw Failure(.inputOutput, "\(path) is in use by another process") }
        clearAbandoned()
    }

    deinit { close(descriptor) }

    private func clearAbandoned() {
        for name in Folder.names(path) where StagedFolder.isTemporary(name) { try? empty(name) }
    }

    /// Bytes of the files in one of its folders.
    public func bytes(of name: String) -> Int64 { Self.bytes(of: name, in: path) }

    /// The same without opening the store, for who only looks.
    public static func bytes(of name: String, in path: String) -> Int64 {
        let folder = linux_open_folder(AT_FDCWD, path + "/" + name)
        guard folder >= 0 else { return 0 }
        defer { close(folder) }
        var sum: Int64 = 0
        Folder.forEachEntry(path + "/" + name) { file in
            var entry = linux_entry()
            if linux_look(folder, file, &entry) == 0, entry.kind == 0x66 { sum += max(0, entry.size) }
        }
        return sum
    }

    /// A new folder, without a name yet.
    public func stage() throws(Failure) -> StagedFolder { try StagedFolder(self) }

    /// Takes a folder of files away: its name first, so that it is never there in part.
    public func remove(_ name: String) throws(Failure) {
        let temporary = StagedFolder.temporaryName()
        guard renameat(descriptor, name, descriptor, temporary) == 0 else {
            throw .system(.inputOutput, "cannot remove \(path)/\(name)")
        }
        try empty(temporary)
    }

    /// Removes a folder of files.
    func empty(_ name: String) throws(Failure) {
        let folder = linux_open_at(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
        guard folder >= 0 else { throw .system(.inputOutput, "cannot remove \(path)/\(name)") }
        defer { close(folder) }
        for file in Folder.names(path + "/" + name) where file != "." && file != ".." { unlinkat(folder, file, 0) }
        guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 else { throw .system(.inputOutput, "cannot remove \(path)/\(name)") }
    }
}
