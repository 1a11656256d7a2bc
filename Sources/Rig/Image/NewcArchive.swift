/// Writes a cpio archive in the "newc" format, which the kernel unpacks as its first file system (Linux:
/// Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root.
struct NewcArchive {
    private(set) var bytes: [UInt8] = []
    private var nextInode: UInt32 = 1
    private var folders: Set<String> = []

    /// A regular file, with the folders above it.
    mutating func addFile(_ path: String, _ contents: [UInt8], isExecutable: Bool = false) {
        addFolders(above: path)
        add(path, mode: 0o100000 | (isExecutable ? 0o755 : 0o644), contents)
    }

    mutating func addFolder(_ path: String) {
        guard folders.insert(path).inserted else { return }
        addFolders(above: path)
        add(path, mode: 0o040755, [])
    }

    mutating func addLink(_ path: String, to target: String) {
        addFolders(above: path)
        add(path, mode: 0o120777, Array(target.utf8))
    }

    /// The character device that the kernel opens for its first process, before anything is mounted.
    mutating func addCharacterDevice(_ path: String, major: UInt32, minor: UInt32) {
        addFolders(above: path)
        add(path, mode: 0o020600, [], device: (major, minor))
    }

    /// The whole archive with its end mark, padded as the kernel likes it.
    func finished() -> [UInt8] {
        var copy = self
        copy.add("TRAILER!!!", mode: 0, [])
        copy.pad(to: 512)
        return copy.bytes
    }

    private mutating func addFolders(above path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        addFolder(String(path[..<slash]))
    }

    private mutating func add(_ path: String, mode: UInt32, _ contents: [UInt8], device: (major: UInt32, minor: UInt32) = (0, 0)) {
        let links: UInt32 = mode & 0o170000 == 0o040000 ? 2 : 1
        let name = Array(path.utf8) + [0]
        bytes += Array("070701".utf8)
        for field in [nextInode, mode, 0, 0, links, 0, UInt32(contents.count), 0, 0, device.major, device.minor, UInt32(name.count), 0] {
            let digits = String(field, radix: 16, uppercase: true)
            bytes += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
        }
        nextInode += 1
        bytes += name
        pad(to: 4)
        bytes += contents
        pad(to: 4)
    }

    private mutating func pad(to multiple: Int) {
        while bytes.count % multiple != 0 { bytes.append(0) }
    }
}
