import Testing
@testable import Rig

/// The kernel that boots is the judge of the archive; these are the fields it would not complain about.
@Suite struct ArchiveTests {
    @Test func fileHasItsFoldersItsBytesAndItsPlace() throws {
        var archive = NewcArchive()
        archive.addFile("lib/modules/a.ko", Array("abcde".utf8), isExecutable: true)
        archive.addLink("init", to: "/bin/swiftlet")
        let bytes = archive.finished()
        #expect(bytes.count % 512 == 0)
        var at = 0, names: [String] = [], modes: [Int] = [], contents: [[UInt8]] = []
        while at < bytes.count {
            #expect(at % 4 == 0)
            #expect(bytes[at..<at + 6].elementsEqual("070701".utf8))
            func field(_ index: Int) -> Int {
                Int(String(decoding: bytes[at + 6 + index * 8..<at + 14 + index * 8], as: UTF8.self), radix: 16)!
            }
            let size = field(6), nameSize = field(11)
            let name = String(decoding: bytes[at + 110..<at + 110 + nameSize - 1], as: UTF8.self)
            if name == "TRAILER!!!" { break }
            names.append(name)
            modes.append(field(1))
            let start = (at + 110 + nameSize + 3) / 4 * 4
            contents.append(Array(bytes[start..<start + size]))
            at = (start + size + 3) / 4 * 4
        }
        #expect(names == ["lib", "lib/modules", "lib/modules/a.ko", "init"])
        #expect(modes == [0o040755, 0o040755, 0o100755, 0o120777])
        #expect(contents[2] == Array("abcde".utf8))
        #expect(contents[3] == Array("/bin/swiftlet".utf8))
    }
}
