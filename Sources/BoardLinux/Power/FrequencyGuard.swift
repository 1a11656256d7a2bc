import CBoard
import CLinux
import Platform

/// Remembers what every policy was before its first change: in a file, for a later process, and for the end of this one,
/// however it comes. All policies of a board share one.
final class FrequencyGuard {
    let root: String
    let savedPath: String
    private var changed: [FrequencyState] = []

    /// A file left by a process that died is put back first: what it names is what there was before Swiftlet.
    init(root: String, savedPath: String) {
        self.root = root
        self.savedPath = savedPath
        if let saved = try? FrequencyRestore.read(savedPath), !FrequencyGuard.isAlive(saved.process) {
            _ = try? FrequencyRestore.restoreFromFile(savedPath, root: root)
        }
    }

    /// Saves a policy's state before its first change, and again before its bounds change too.
    func willChange(_ state: FrequencyState) throws(Failure) {
        let before = changed
        changed.removeAll { $0.policy == state.policy }
        changed.append(state)
        do throws(Failure) {
            try save()
        } catch {
            changed = before
            throw error
        }
        // Where the table is full, the file is still there.
        let folder = root + "/" + state.policy
        for entry in state.texts { _ = board_rescue_add(folder + "/" + entry.file, entry.text) }
    }

    func restored(_ policy: String) {
        changed.removeAll { $0.policy == policy }
        board_rescue_forget(root + "/" + policy)
        // The change itself is undone: a file that says so twice harms nobody.
        _ = try? save()
    }

    /// States of another process that lives stay in the file: they are older than what this one found.
    private func save() throws(Failure) {
        var states: [FrequencyState] = []
        var owner = getpid()
        if let saved = try? FrequencyRestore.read(savedPath), saved.process != owner, FrequencyGuard.isAlive(saved.process) {
            states = saved.states
            owner = saved.process
        }
        for state in changed {
            var known = false
            for older in states where older.policy == state.policy { known = true }
            if !known { states.append(state) }
        }
        guard !states.isEmpty else {
            unlink(savedPath)
            return
        }
        makeFolder()
        try FrequencyRestore.write(savedPath, FrequencyRestore.Saved(process: owner, states: states))
        if owner == getpid() { _ = board_rescue_remove_at_end(savedPath) }
    }

    private func makeFolder() {
        let bytes = Array(savedPath.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash > 0 else { return }
        mkdir(String(decoding: bytes[..<slash], as: UTF8.self), 0o755)
    }

    private static func isAlive(_ process: Int32) -> Bool {
        process > 0 && (kill(process, 0) == 0 || linux_errno() == EPERM)
    }
}
