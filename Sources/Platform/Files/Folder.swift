import CLinux

/// The entries of a folder.
public enum Folder {
    /// Calls `body` with each name, `.` and `..` too, in no order; does nothing where the folder can't be read.
    public static func forEachEntry(_ path: String, _ body: (String) -> Void) {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) { body(String(cString: linux_entry_name(entry))) }
        closedir(folder)
    }

    /// All names, `.` and `..` too, in no order; none where the folder can't be read.
    public static func names(_ path: String) -> [String] {
        var names: [String] = []
        forEachEntry(path) { names.append($0) }
        return names
    }

    /// Whether the path is that of a folder that can be read.
    public static func exists(_ path: String) -> Bool {
        guard let folder = opendir(path) else { return false }
        closedir(folder)
        return true
    }

    /// Names "PREFIX0", "PREFIX1", … in order of their numbers.
    public static func numbered(_ path: String, prefix: String) -> [String] {
        var numbers: [Int] = []
        forEachEntry(path) { name in
            if let number = number(after: prefix, in: name) { numbers.append(number) }
        }
        numbers.order(by: <)
        var names: [String] = []
        for number in numbers { names.append(prefix + "\(number)") }
        return names
    }
}
