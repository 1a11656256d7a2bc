import CLinux
import Platform

/// "efficientnet-lite0" of "models/efficientnet-lite0.nest".
public func modelName(_ path: String) -> String {
    let name = Array(lastComponent(path).utf8)
    let stem = name.count > 5 && name.suffix(5).elementsEqual(".nest".utf8) ? Array(name.dropLast(5)) : name
    return String(decoding: stem, as: UTF8.self)
}

/// The folders that models are looked for in.
public struct ModelFolders {
    /// First first.
    public var paths: [String]

    /// What SWIFTLET_MODELS names, `models`, and the system's folder.
    public init() {
        paths = ["models", "/usr/share/swiftlet/models"]
        if let folder = getenv("SWIFTLET_MODELS") { paths.insert(String(cString: folder), at: 0) }
    }

    /// Looked in before the others; nil changes nothing.
    public mutating func prefer(_ folder: String?) {
        if let folder { paths.insert(folder, at: 0) }
    }

    /// A path as it is; a bare name in the folders, with or without `.nest`. Fails with `inputOutput` where there is none.
    public func path(of name: String) throws(Failure) -> String {
        if name.utf8.contains(UInt8(ascii: "/")) || File.exists(name) { return name }
        for folder in paths {
            for candidate in ["\(folder)/\(name)", "\(folder)/\(name).nest"] where File.exists(candidate) { return candidate }
        }
        throw Failure(.inputOutput, "no model \(name) in \(paths.joinedByCommas); name a folder with --models or SWIFTLET_MODELS")
    }

    /// Paths of all nests in the folders, by name within each.
    public var found: [String] {
        var found: [String] = []
        for folder in paths {
            var names = Folder.names(folder).filter { $0.utf8.count > 5 && $0.utf8.suffix(5).elementsEqual(".nest".utf8) }
            names.order { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            for name in names { found.append("\(folder)/\(name)") }
        }
        return found
    }
}
