import CLinux

/// A folder that takes its name when all in it is whole and on storage. Until then it has an unforeseeable name in its store,
/// which the store clears at its next start where the process was killed meanwhile.
public final class StagedFolder {
    private let store: FolderStore
    private var name: String
    fileprivate let folder: Int32

    private static let prefix = ".swiftlet-", suffix = "-folder"

    /// Whether it is a name that only this class gives.
    static func isTemporary(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard bytes.count == prefix.utf8.count + 16 + suffix.utf8.count, bytes.starts(with: prefix.utf8),
              bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else { return false }
        return bytes[prefix.utf8.count..<prefix.utf8.count + 16].allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) }
    }

    static func temporaryName() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(LINUX_TEMPORARY_NAME)) { buffer in
            linux_temporary_name(buffer.baseAddress!)
            return String(cString: buffer.baseAddress!) + suffix
        }
    }

    init(_ store: FolderStore) throws(Failure) {
        self.store = store
        name = Self.temporaryName()
        guard mkdirat(store.descriptor, name, 0o755) == 0 else { throw .system(.inputOutput, "cannot make a folder in \(store.path)") }
        folder = linux_open_at(store.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
        guard folder >= 0 else {
            let failure = Failure.system(.inputOutput, "cannot open a folder in \(store.path)")
            unlinkat(store.descriptor, name, AT_REMOVEDIR)
            throw failure
        }
    }

    deinit {
        close(folder)
        // Not published: nothing may stay.
        if !name.isEmpty { try? store.empty(name) }
    }

    /// A new file in it.
    public func file(_ name: String) throws(Failure) -> StagedFolderFile { try StagedFolderFile(self, name, path: store.path + "/" + name) }

    /// Puts the folder under its name, which nothing has yet. Its files are closed before.
    public func publish(as final: String) throws(Failure) {
        guard fsync(folder) == 0 else { throw .system(.inputOutput, "cannot write \(store.path)/\(final) to storage") }
        guard renameat(store.descriptor, name, store.descriptor, final) == 0 else {
            throw .system(.inputOutput, "cannot name \(store.path)/\(final)")
        }
        name = ""
        // As for files: the name is durable once its folder is.
        _ = fsync(store.descriptor)
    }
}

/// A file of a staged folder, written from its beginning to its end.
public final class StagedFolderFile {
    private let path: String
    private var descriptor: Int32
    /// So far.
    public private(set) var bytes: Int64 = 0

    fileprivate init(_ folder: StagedFolder, _ name: String, path: String) throws(Failure) {
        self.path = path
        descriptor = linux_open_at(folder.folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(.inputOutput, "cannot create \(path)") }
    }

    deinit { if descriptor >= 0 { CLinux.close(descriptor) } }

    /// Adds bytes at the end.
    public func append(_ piece: UnsafeRawBufferPointer) throws(Failure) {
        try write(piece, at: bytes)
        bytes += Int64(piece.count)
    }

    /// Adds bytes at the end.
    public func append(_ piece: [UInt8]) throws(Failure) { try put(piece, at: bytes) }

    /// Writes bytes at an offset; what lies between it and the end so far becomes zeros.
    public func put(_ piece: [UInt8], at offset: Int64) throws(Failure) {
        var failure: Failure?
        piece.withUnsafeBytes { piece in
            do throws(Failure) { try write(piece, at: offset) } catch { failure = error }
        }
        if let failure { throw failure }
        bytes = max(bytes, offset + Int64(piece.count))
    }

    private func write(_ piece: UnsafeRawBufferPointer, at offset: Int64) throws(Failure) {
        var done = 0
        while done < piece.count {
            let count = pwrite(descriptor, piece.baseAddress! + done, piece.count - done, off_t(offset + Int64(done)))
            if count < 0, linux_errno() == EINTR { continue }
            guard count > 0 else { throw .system(.inputOutput, "cannot write \(path)") }
            done += count
        }
    }

    /// To storage.
    public func close() throws(Failure) {
        guard fsync(descriptor) == 0 else { throw .system(.inputOutput, "cannot write \(path) to storage") }
        CLinux.close(descriptor)
        descriptor = -1
    }
}
