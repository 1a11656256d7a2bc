import CLinux
import Foundation
import Testing
@testable import Platform

/// What stands under a name that is written to: taken care of, or refused.
@Suite struct FileWritingTests {
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("swiftlet-\(UUID().uuidString)").path
        init() { mkdir(path, 0o755) }
        deinit { try? FileManager.default.removeItem(atPath: path) }
        func callAsFunction(_ name: String) -> String { path + "/" + name }
        var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
        func text(_ name: String) -> String? { File.text(self(name)) }
    }

    private func entry(_ path: String) -> linux_entry {
        var entry = linux_entry()
        _ = linux_look(AT_FDCWD, path, &entry)
        return entry
    }

    @Test func rightsStayAndNothingIsLeft() throws {
        let folder = Folder()
        for mode in [0o600, 0o640, 0o755] as [mode_t] {
            let path = folder("private-\(mode)")
            _ = FileManager.default.createFile(atPath: path, contents: Data("old".utf8))
            chmod(path, mode)
            try File.writeAtomically(path, Array("new".utf8))
            #expect(entry(path).mode == mode && File.text(path) == "new")
        }
        _ = FileManager.default.createFile(atPath: folder("a.new"), contents: Data("mine".utf8))
        try File.writeAtomically(folder("a"), Array("text".utf8))
        #expect(folder.text("a.new") == "mine" && folder.text("a") == "text")
        #expect(folder.names == ["a", "a.new", "private-384", "private-416", "private-493"])
    }

    @Test func linksLeadToTheirFile() throws {
        let folder = Folder()
        mkdir(folder("below"), 0o755)
        symlink("below/two", folder("one"))
        symlink("three", folder("below/two"))
        try File.writeAtomically(folder("one"), Array("new".utf8))
        #expect(folder.text("below/three") == "new" && entry(folder("one")).kind == 0x6C && entry(folder("below/two")).kind == 0x6C)
        symlink("circle", folder("circle"))
        #expect(throws: Failure.self) { try File.writeAtomically(folder("circle"), []) }
        #expect(throws: Failure.self) { try File.writeAtomically(folder("below"), []) }
        #expect(throws: Failure.self) { try File.writeAtomically(folder("below/"), []) }
        #expect(throws: Failure.self) { try File.writeAtomically(folder("nowhere/file"), []) }
        #expect(throws: Failure.self) { try File.writeAtomically("", []) }
        guard geteuid() == 0 else { return }
        symlink("below/three", folder("foreign"))
        lchown(folder("foreign"), 65534, 65534)
        #expect(throws: Failure.self) { try File.writeAtomically(folder("foreign"), Array("taken".utf8)) }
        #expect(folder.text("below/three") == "new")
    }

    @Test func pipesAndDescriptorsTakeTheBytes() throws {
        let folder = Folder()
        mkfifo(folder("pipe"), 0o600)
        let reader = linux_open(folder("pipe"), O_RDONLY | O_NONBLOCK, 0)
        defer { close(reader) }
        // In pieces, the first last: as a nest is written.
        try File.writeAtomically(folder("pipe")) { (write) throws(Failure) in
            try write([3, 4], 2)
            try write([1, 2], 0)
        }
        var bytes = [UInt8](repeating: 0, count: 8)
        #expect(read(reader, &bytes, 8) == 4 && bytes == [1, 2, 3, 4, 0, 0, 0, 0])
        #expect(entry(folder("pipe")).kind == 0x70)
        try File.writeAtomically(folder("file"), Array("before ".utf8))
        let file = linux_open(folder("file"), O_WRONLY | O_APPEND, 0)
        defer { close(file) }
        for name in ["/proc/self/fd/\(file)", "/dev/fd/\(file)"] { try File.writeAtomically(name, Array("more ".utf8)) }
        #expect(folder.text("file") == "before more more ")
        #expect(folder.names == ["file", "pipe"])
    }

    @Test func bothWaysOfStagingAreTheSame() throws {
        let folder = Folder()
        for unnamed in [true, false] {
            do {
                let staged = try StagedFile(try FileTarget.find(folder("given-up")), unnamed: unnamed)
                try staged.write([1], at: 0)
                #expect(unnamed || folder.names.count == 1)
            }
            #expect(folder.names == [])
            let staged = try StagedFile(try FileTarget.find(folder("kept")), unnamed: unnamed)
            try staged.write([2], at: 1)
            try staged.publish()
            #expect(try File.read(folder("kept")) == [0, 2] && folder.names == ["kept"])
            unlink(folder("kept"))
        }
    }

    @Test func nobodyFailsWhereManyWrite() throws {
        let folder = Folder()
        var threads: [Platform.Thread] = []
        let failures = Lock()
        nonisolated(unsafe) var failed = 0
        for number in 0..<5 {
            threads.append(try Platform.Thread {
                for _ in 0..<40 {
                    do { try File.writeAtomically(folder("same"), [UInt8](repeating: UInt8(number), count: 1000)) } catch {
                        failures.lock()
                        failed += 1
                        failures.unlock()
                    }
                }
            })
        }
        for thread in threads { thread.join() }
        #expect(failed == 0 && folder.names == ["same"])
        let bytes = try File.read(folder("same"))
        #expect(bytes.count == 1000 && Set(bytes).count == 1)
    }

    @Test func endlessSourcesEndAtALimit() throws {
        var failure: Failure?
        do throws(Failure) { _ = try File.read("/dev/zero", unsizedLimit: 100_000) } catch { failure = error }
        #expect(failure?.kind == .badFormat && failure?.description.contains("100000") == true)
        // Files of /proc say a size of 0 and are read all the same.
        #expect(try File.read("/proc/self/maps", unsizedLimit: 0).count > 100)
    }
}

@Suite struct ShownTextTests {
    @Test func controlCharactersAreShown() {
        #expect(ShownText.line("a\u{1B}[2Jb\u{7}\r\n\tc") == "a\\e[2Jb\\x07\\r\\n\tc")
        #expect(ShownText.lines("a\n\u{1B}b\tc") == "a\n\\eb\tc")
        #expect(ShownText.line("\u{9B}31m\u{7F}") == "\\x9b31m\\x7f")
        for harmless in ["", "plain", "größer 語鳥 – 1°", "🙂 \u{A0}x"] { #expect(ShownText.line(harmless) == harmless) }
    }

    @Test func piecesGiveWhatTheWholeGives() {
        let text = Array("a\u{1B}[31m°語🙂\u{9B}b\r\n\tend".utf8)
        for size in 1...5 {
            var stream = ShownStream(), shown: [UInt8] = []
            for start in stride(from: 0, to: text.count, by: size) {
                Array(text[start..<min(text.count, start + size)]).withUnsafeBufferPointer { shown += stream.take($0) }
            }
            shown += stream.finish()
            #expect(String(decoding: shown, as: UTF8.self) == "a\\e[31m°語🙂\\x9bb\\r\n\tend")
        }
    }
}
