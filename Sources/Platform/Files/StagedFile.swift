import CLinux

/// A file that takes its name when it is whole. Until then it has none where the file system can do that, and vanishes
/// by itself however the process ends; elsewhere it has an unforeseeable name beside the target, which nobody else's file
/// can have.
final class StagedFile {
    private let target: FileTarget
    private var descriptor: Int32 = -1
    private var name = ""
    private var slot: Int32 = -1
    private static let attempts = 16

    /// `unnamed`: tests say false, to have the other way.
    init(_ target: FileTarget, unnamed: Bool = true) throws(Failure) {
        self.target = target
        // A file that exists gives its rights at the end; nobody looks into its successor before.
        let mode: UInt32 = target.exists ? 0o600 : 0o644
        if unnamed { descriptor = linux_open_unnamed(target.folder, mode) }
        var left = Self.attempts
        while descriptor < 0 {
            name = Self.temporaryName()
            slot = linux_remember_temporary(target.folder, name)
            descriptor = linux_open_at(target.folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
            if descriptor >= 0 { break }
            let failure = Failure.system(.inputOutput, "cannot create \(target.path)"), isTaken = linux_errno() == EEXIST
            forget()
            left -= 1
            guard isTaken, left > 0 else { throw failure }
        }
    }

    deinit {
        close(descriptor)
        // Not published: nothing may stay.
        if !name.isEmpty { unlinkat(target.folder, name, 0) }
        forget()
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(Failure) {
        var failure: Failure?
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
                if count < 0, linux_errno() == EINTR { continue }
                guard count > 0 else {
                    failure = .system(.inputOutput, "cannot write \(target.path)")
                    return
                }
                done += count
            }
        }
        if let failure { throw failure }
    }

    /// To storage, and under its name, in one step: before and after a crash the old file or the new one is there whole.
    func publish() throws(Failure) {
        if target.exists { inherit() }
        guard fsync(descriptor) == 0 else { throw .system(.inputOutput, "cannot write \(target.path) to storage") }
        if name.isEmpty { try giveName() }
        guard renameat(target.folder, name, target.folder, target.name) == 0 else {
            throw .system(.inputOutput, "cannot replace \(target.path)")
        }
        name = ""
        // The name itself is only durable once its folder is. Folders that can't be synchronised are no error: the
        // file is there.
        _ = linux_sync_folder(target.folder)
    }

    /// Owner and rights of the file that is replaced, as far as this user may give them.
    private func inherit() {
        var mode = target.entry.mode
        if fchown(descriptor, target.entry.user, target.entry.group) != 0, fchown(descriptor, ~0, target.entry.group) != 0 {
            var own = linux_entry()
            // Another group than the file's had must not get that group's rights, unless everybody has them.
            if linux_look_open(descriptor, &own) != 0 || own.group != target.entry.group {
                mode = mode & 0o707 | (mode & 0o007) << 3 & mode
            }
        }
        fchmod(descriptor, mode)
    }

    private func giveName() throws(Failure) {
        for attempt in 1...Self.attempts {
            name = Self.temporaryName()
            slot = linux_remember_temporary(target.folder, name)
            if linux_name_unnamed(descriptor, target.folder, name) == 0 { return }
            let failure = Failure.system(.inputOutput, "cannot create \(target.path)"), isTaken = linux_errno() == EEXIST
            name = ""
            forget()
            guard isTaken, attempt < Self.attempts else { throw failure }
        }
    }

    private func forget() {
        linux_forget_temporary(slot)
        slot = -1
    }

    private static func temporaryName() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(LINUX_TEMPORARY_NAME)) { buffer in
            linux_temporary_name(buffer.baseAddress!)
            return String(cString: buffer.baseAddress!)
        }
    }
}
