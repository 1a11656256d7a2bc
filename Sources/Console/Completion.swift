import Platform

/// What Tab offers: commands, a command's options, names it knows, and files.
public struct Completion {
    struct Result {
        /// Bytes before the cursor that the insertion replaces.
        var replaces = 0
        var insertion: [UInt8] = []
        /// Where there are several.
        var choices: [String] = []
    }

    /// A command as far as a line's completion goes.
    public struct Command {
        var name: String
        var options: [String]
        /// Its arguments may be files too.
        var takesFiles: Bool

        public init(name: String, options: [String], takesFiles: Bool = true) {
            self.name = name
            self.options = options
            self.takesFiles = takesFiles
        }
    }

    private let commands: [Command]
    /// Names that an argument of a command may be (sensors, lines, governors, models).
    private let names: (_ command: String) -> [String]

    public init(commands: [Command], names: @escaping (_ command: String) -> [String]) {
        self.commands = commands
        self.names = names
    }

    func complete(_ text: [UInt8], cursor: Int) -> Result {
        var start = cursor
        while start > 0, text[start - 1] != 32 { start -= 1 }
        let word = String(decoding: text[start..<cursor], as: UTF8.self)
        let before = text[..<start].split(separator: 32)
        var candidates: [String] = []
        var isFile = false
        if before.isEmpty {
            for command in commands { candidates.append(command.name) }
        } else {
            let name = String(decoding: before[0], as: UTF8.self)
            let command = commands.first { $0.name == name }
            if word.utf8.first == 45 {
                candidates = command?.options ?? []
            } else {
                candidates = names(name)
                let matching = candidates.filter { $0.utf8.starts(with: word.utf8) }
                if matching.isEmpty, command?.takesFiles != false {
                    candidates = files(word)
                    isFile = true
                }
            }
        }
        let matching = candidates.filter { $0.utf8.starts(with: word.utf8) }
        guard let first = matching.first else { return Result() }
        var common = Array(first.utf8)
        for candidate in matching {
            let bytes = Array(candidate.utf8)
            var length = 0
            while length < min(common.count, bytes.count), common[length] == bytes[length] { length += 1 }
            common.removeLast(common.count - length)
        }
        if matching.count == 1 {
            // A folder goes on.
            if !(isFile && common.last == 47) { common.append(32) }
            return Result(replaces: word.utf8.count, insertion: common)
        }
        if common.count > word.utf8.count { return Result(replaces: word.utf8.count, insertion: common) }
        return Result(choices: Array(matching.prefix(200)))
    }

    /// Files whose path begins with the word; folders with a slash.
    private func files(_ word: String) -> [String] {
        let bytes = Array(word.utf8)
        let slash = bytes.lastIndex(of: 47)
        let folder = slash.map { String(decoding: bytes[...$0], as: UTF8.self) } ?? ""
        let stem = Array(slash.map { bytes[($0 + 1)...] } ?? bytes[...])
        var found: [String] = []
        for name in Folder.names(folder.isEmpty ? "." : folder) where name.utf8.starts(with: stem) {
            if name == "." || name == ".." || (name.utf8.first == 46 && stem.first != 46) { continue }
            var path = folder + name
            if Folder.exists(path) { path += "/" }
            found.append(path)
            if found.count >= 1000 { break }
        }
        found.order { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        return found
    }
}
