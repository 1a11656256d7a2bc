import Platform

/// The folder that `board/rig-image.sh` lays out: kernel, modules, busybox and device tree.
public struct RigImage {
    public let folder: String
    /// The processor that its kernel is for.
    public let architecture: BoardArchitecture
    /// File names of the modules that are loaded at start, in order.
    public let modules: [String]
    /// Modules that only tests load, in order.
    public let spareModules: [String]

    /// Fails where the folder isn't a rig image.
    public init(folder: String) throws(Failure) {
        guard File.exists(folder + "/vmlinuz"), let load = File.text(folder + "/modules.load"),
              let spare = File.text(folder + "/modules.spare") else {
            throw Failure(.inputOutput, "no rig image in \(folder); board/rig-image.sh makes it")
        }
        let name = File.text(folder + "/architecture")?.split(separator: "\n").first.map(String.init) ?? ""
        guard let architecture = BoardArchitecture(rawValue: name) else {
            throw Failure(.inputOutput,
                "\(folder) is for a board \"\(name)\", which is none of \(BoardArchitecture.names); board/rig-image.sh makes it anew")
        }
        self.folder = folder
        self.architecture = architecture
        modules = load.split(separator: "\n").map(String.init)
        spareModules = spare.split(separator: "\n").map(String.init)
    }

    /// Paths of the kernel and of the device tree that QEMU is given.
    public var kernel: String { folder + "/vmlinuz" }
    public var deviceTree: String { folder + "/board.dtb" }

    /// The board's first file system: folders to mount on, modules with their list, and what is added.
    public func initramfs(_ system: RootSystem) throws(Failure) -> [UInt8] {
        var archive = NewcArchive()
        for name in ["dev", "proc", "sys", "run", "tmp", "etc", "var", "bin"] { archive.addFolder(name) }
        archive.addCharacterDevice("dev/console", major: 5, minor: 1)
        archive.addCharacterDevice("dev/null", major: 1, minor: 3)
        for file in modules + (system.hasShell ? spareModules : []) {
            archive.addFile("lib/modules/" + file, try File.read(folder + "/modules/" + file))
        }
        // What `InitProcess` reads, and the shell's script.
        archive.addFile("lib/modules/order", Array((modules.joined(separator: "\n") + "\n").utf8))
        if let firmware = system.firmware {
            archive.addFile("bin/swiftlet", try File.read(firmware), isExecutable: true)
        }
        if system.hasShell {
            archive.addFile("bin/busybox", try File.read(folder + "/busybox"), isExecutable: true)
            for name in GuestScript.applets { archive.addLink("bin/" + name, to: "busybox") }
            archive.addFile("init", Array(GuestScript.initialProcess.utf8), isExecutable: true)
        } else {
            archive.addLink("init", to: "/bin/swiftlet")
        }
        for file in system.files { archive.addFile(file.path, file.contents) }
        return archive.finished()
    }
}

/// What a board starts with.
public struct RootSystem {
    /// The board's binary on this machine; nil for a board without.
    public var firmware: String?
    /// A shell is the first process, for tests that look at the kernel from inside; otherwise the firmware itself is.
    public var hasShell: Bool
    /// More files, paths without the leading slash.
    public var files: [(path: String, contents: [UInt8])]

    public init(firmware: String?, hasShell: Bool, files: [(path: String, contents: [UInt8])] = []) {
        self.firmware = firmware
        self.hasShell = hasShell
        self.files = files
    }
}
