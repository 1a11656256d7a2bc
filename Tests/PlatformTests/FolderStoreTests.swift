import Foundation
@testable import Platform
import Testing

@Suite struct FolderStoreTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("swiftlet-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    @Test func aFolderAppearsWholeUnderItsName() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = try FolderStore(path), staged = try store.stage()
        let file = try staged.file("a")
        try file.append([1, 2, 3])
        try file.put([9], at: 5)
        try file.append([7])
        #expect(file.bytes == 7)
        #expect(try names().count == 1 && names()[0].hasPrefix(".swiftlet-"), "before it is whole it has no name of its own")
        try file.close()
        try staged.publish(as: "first")
        #expect(try names() == ["first"])
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path + "/first/a"))) == [1, 2, 3, 0, 0, 9, 7])
        #expect(store.bytes(of: "first") == 7 && FolderStore.bytes(of: "nobody", in: path) == 0)
        try store.remove("first")
        #expect(try names().isEmpty)
        #expect(throws: Failure.self) { try store.remove("first") }
    }

    @Test func whatIsNotPublishedLeavesNothing() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = try FolderStore(path)
        do {
            let staged = try store.stage()
            try staged.file("a").append([1])
        }
        #expect(try names().isEmpty)
        // A name that is taken by something that isn't empty stays what it is.
        try FileManager.default.createDirectory(atPath: path + "/taken/inside", withIntermediateDirectories: true)
        do {
            let staged = try store.stage()
            #expect(throws: Failure.self) { try staged.publish(as: "taken") }
        }
        #expect(try names() == ["taken"])
    }

    /// What a killed process left goes at the next start, and nothing else.
    @Test func onlyOwnLeftoversAreCleared() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let others = [".swiftlet-0123456789abcdef", ".swiftlet-0123456789abcdeX-folder", ".swiftlet-0123-folder", "kept", ".hidden"]
        for name in others + [".swiftlet-0123456789abcdef-folder"] {
            try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
            try Data([1]).write(to: URL(fileURLWithPath: path + "/" + name + "/f"))
        }
        _ = try FolderStore(path)
        #expect(try names() == others.sorted())
    }

    private func complaint(_ path: String) -> String {
        do throws(Failure) {
            _ = try FolderStore(path)
            return ""
        } catch { return error.description }
    }

    @Test func placesThatAreNoneAreRefused() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data([1]).write(to: URL(fileURLWithPath: path + "/file"))
        try FileManager.default.createDirectory(atPath: path + "/folder", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: path + "/link", withDestinationPath: path + "/folder")
        #expect(complaint(path + "/nothing").hasSuffix("/nothing is not there; a folder is expected"))
        #expect(complaint(path + "/file").hasSuffix("/file is not a folder"))
        #expect(complaint(path + "/link").hasSuffix("/link is a symbolic link; a folder is expected"))
        let first = try FolderStore(path + "/folder")
        #expect(complaint(path + "/folder").hasSuffix("/folder is in use by another process"))
        withExtendedLifetime(first) {}
    }
}

@Suite struct CivilTimeTests {
    /// Compared with Foundation's calendar.
    @Test func datesAreThoseOfTheCalendar() {
        let formatter = ISO8601DateFormatter()
        var seconds: [Int64] = [0, -1, 951_782_399, 951_782_400, 951_868_800, 4_107_542_399, 4_107_542_400, 9_151_488_000, -2_203_891_200]
        for index in 0..<400 { seconds.append(Int64(index) * 8_640_123 + Int64(index * index)) }
        for second in seconds {
            let time = CivilTime(second * 1_000_000_000 + (second % 7 + 7) % 7 * 100_000_000)
            let expected = formatter.string(from: Date(timeIntervalSince1970: TimeInterval(second)))
            #expect(time.text == expected)
            #expect(time.compact == expected.filter { $0 != "-" && $0 != ":" })
        }
    }
}
