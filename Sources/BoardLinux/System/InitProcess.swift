import CBoard
import CLinux
import Platform

/// What the firmware does where it is the first process of a minimal system: there is no service manager below it.
public enum InitProcess {
    /// This process is the system's first.
    public static var isNeeded: Bool { getpid() == 1 }

    /// Mounts /proc, /sys, /dev and, where the kernel has it, the second version of control groups. Those that are mounted
    /// already are left as they are. One line for each that failed.
    public static func mountFileSystems() -> [String] {
        var complaints: [String] = []
        for mount in mounts {
            makeFolder(mount.target)
            guard board_mount(mount.type, mount.target, mount.type) != 0 else { continue }
            let code = linux_errno()
            if code == EBUSY || (mount.isOptional && (code == ENODEV || code == ENOENT)) { continue }
            complaints.append("cannot mount \(mount.type) on \(mount.target): " + errorText(code))
        }
        return complaints
    }

    /// Loads the kernel modules that a list names, one file name a line in the list's own folder, in their order. Lines
    /// that begin with # and lists that aren't there are passed over. One line for each module that failed; the rest load
    /// all the same.
    public static func loadModules(list: String = "/lib/modules/order") -> [String] {
        guard File.exists(list) else { return [] }
        guard let text = File.text(list) else { return ["cannot read the list of modules \(list)"] }
        var complaints: [String] = []
        let folder = folderName(list)
        for line in text.utf8.split(separator: 10) {
            let words = splitWords(String(decoding: Array(line), as: UTF8.self))
            guard let file = words.first, file.utf8.first != UInt8(ascii: "#") else { continue }
            var parameters = ""
            for word in words.dropFirst() { parameters += (parameters.isEmpty ? "" : " ") + word }
            let path = file.utf8.first == UInt8(ascii: "/") ? file : folder + "/" + file
            if let complaint = loadModule(path, parameters: parameters) { complaints.append(complaint) }
        }
        return complaints
    }

    /// Takes the exit of children that have ended, without waiting; call it from the main loop. How many there were.
    /// Orphans of the whole system become children of the first process: left alone, they would fill its process table.
    @discardableResult
    public static func reapChildren() -> Int {
        var count = 0, status: Int32 = 0
        while count < 4096, board_reap(&status) > 0 { count += 1 }
        return count
    }

    /// Writes what is cached to storage and restarts the board; returns only where that is refused.
    public static func restart() -> Failure {
        _ = board_restart()
        return .system(.inputOutput, "cannot restart the board")
    }

    /// Writes what is cached to storage and powers off; returns only where that is refused.
    public static func powerOff() -> Failure {
        _ = board_power_off()
        return .system(.inputOutput, "cannot power the board off")
    }

    private static let mounts: [(type: String, target: String, isOptional: Bool)] = [
        ("proc", "/proc", false), ("sysfs", "/sys", false), ("devtmpfs", "/dev", false),
        ("tmpfs", "/run", false), ("cgroup2", "/sys/fs/cgroup", true),
    ]

    private static func loadModule(_ path: String, parameters: String) -> String? {
        guard board_load_module(path, parameters) != 0 else { return nil }
        switch linux_errno() {
        case EEXIST: return nil
        case ENOENT where File.exists(path):
            return "module \(path): it needs another module; list that before it"
        case ENOEXEC:
            return "module \(path): not a module of this kernel (another version or architecture, or compressed; unpack .xz and .zst first)"
        case let code:
            return "module \(path): " + errorText(code)
        }
    }

    /// Only the last folder of the path is made: the others are mount points before it.
    private static func makeFolder(_ path: String) { mkdir(path, 0o755) }

    private static func folderName(_ path: String) -> String {
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    }
}
