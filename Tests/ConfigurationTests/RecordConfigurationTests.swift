@testable import Configuration
import Testing

@Suite struct RecordConfigurationTests {
    @Test func everyKeyIsTaken() throws {
        let records = try #require(try parse("""
            [records]
            folder = /var/lib/swiftlet/records
            limit = 200 MB
            before = 2.5 s
            memory = 8M
            """).records)
        #expect(records.folder == "/var/lib/swiftlet/records" && records.limitBytes == 200_000_000)
        #expect(records.beforeNanoseconds == 2_500_000_000 && records.memoryBytes == 8_000_000)
        let least = try #require(try parse("[records]\nfolder = /r\n").records)
        #expect(least.limitBytes == 64_000_000 && least.beforeNanoseconds == 5_000_000_000 && least.memoryBytes == 32_000_000)
        #expect(try parse("[records]\nfolder = /r\nlimit = 64MB\n").records?.limitBytes == 64_000_000)
        #expect(try parse("[firmware]\n").records == nil)
    }

    private static let task = "[camera a]\ndevice = simulated\n[task t]\ninput = a\nmodels = m\n"

    @Test func aRuleMayWantARecord() throws {
        let configuration = try parse("[records]\nfolder = /r\n" + Self.task + "on x > 0.5 = record 5 s, log\non y > 0.5 = record 500ms\n")
        #expect(configuration.tasks[0].rules[0].actions == [.record(nanoseconds: 5_000_000_000), .log])
        #expect(configuration.tasks[0].rules[1].actions == [.record(nanoseconds: 500_000_000)])
        #expect(configuration.isRecorded && configuration.tasks[0].isRecorded)
        #expect(!(try parse("[records]\nfolder = /r\n" + Self.task + "on x > 0.5 = log\n").isRecorded))
    }

    @Test func whatIsWrongIsToldWithItsLineAndWhatIsExpected() {
        for (text, expected) in [
            ("[records]\nlimit = 64 MB", "f:1: [records] has no folder; folder = PATH is expected"),
            ("[records]\nfolder = here", "f:2: folder = here: a folder, from the root is expected"),
            ("[records]\nfolder = /r\nlimit = 1 kB", "f:3: limit = 1 kB: a number of bytes from 1 MB"),
            ("[records]\nfolder = /r\nlimit = much", "f:3: limit = much: a number of bytes"),
            ("[records]\nfolder = /r\nlimit = 99999999999999999999 MB", "f:3: limit = 99999999999999999999 MB: a number"),
            ("[records]\nfolder = /r\nbefore = 5", "f:3: before = 5: a time up to 1 min"),
            ("[records]\nfolder = /r\nbefore = 61 s", "f:3: before = 61 s: a time up to 1 min"),
            ("[records]\nfolder = /r\nmemory = 2G", "f:3: memory = 2G: a number of bytes from 1 MB to 1 GB"),
            ("[records]\nfolder = /r\nsize = 1", "f:3: unknown key size in [records]; folder, limit, before"),
            ("[records]\nfolder = /r\n[records]\nfolder = /r", "f:3: the section is there already, in line 1"),
            (Self.task + "on x > 0.5 = record 5 s", "f:6: record: there is no [records]; [records] with folder = PATH is expected"),
            (Self.task + "on x > 0.5 = record", "f:6: record: log, output NAME on"),
            (Self.task + "on x > 0.5 = record 0 s", "f:6: record 0 s: log"),
            (Self.task + "on x > 0.5 = record 2 min", "f:6: record 2 min: log"),
        ] {
            #expect(complaint(text).hasPrefix(expected), "\(text) -> \(complaint(text))")
        }
    }
}
