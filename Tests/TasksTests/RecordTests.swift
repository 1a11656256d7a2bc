import Foundation
import Platform
@testable import Tasks
import Testing
import TestSupport
import Vision

@Suite struct FrameRingTests {
    private let format = FrameFormat(width: 16, height: 16, format: .grey)

    private func bytes(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: number * 31 + $0) } }

    private func push(_ number: Int, _ count: Int, _ ring: FrameRing) {
        bytes(number, count).withUnsafeBytes { ring.push($0, time: Int64(number) * 10, format: format) }
    }

    /// Everything that is kept, by number.
    private func kept(_ ring: FrameRing) -> [(number: Int, bytes: [UInt8])] {
        var found: [(Int, [UInt8])] = [], next: UInt64 = 0
        while let slot = ring.frame(from: next) {
            found.append((Int(slot.number), Array(ring.bytes(of: slot))))
            next = slot.number + 1
        }
        return found
    }

    /// Random sizes, thousands of them: what is kept are the newest frames without a gap, each byte as it was, and never so few that
    /// half of the memory would have held one more.
    @Test func theNewestFramesAreKeptAsTheyCame() throws {
        var random = Random(11)
        let ring = try FrameRing(bytes: 65_536, frames: 50, readers: 2)
        var sizes: [Int] = []
        for number in 0..<3000 {
            sizes.append(random.int(1...(number % 5 == 0 ? 30_000 : 3000)))
            push(number, sizes[number], ring)
            let found = kept(ring)
            #expect(found.last?.number == number && found.count <= 50)
            for (index, frame) in found.enumerated() {
                guard frame.number == number - found.count + 1 + index, frame.bytes == bytes(frame.number, sizes[frame.number]) else {
                    Issue.record("frame \(frame.number) after \(number)")
                    return
                }
            }
            let used = found.reduce(0) { $0 + $1.bytes.count }
            let older = number - found.count
            #expect(older < 0 || found.count == 50 || used + sizes[older] > 65_536 - 30_000, "\(used) bytes are few")
        }
        #expect(ring.offered == 3000)
    }

    /// What a record still needs stays; new frames are left out meanwhile, and their numbers show it.
    @Test func whatARecordNeedsIsNotOverwritten() throws {
        let ring = try FrameRing(bytes: 4096, frames: 100, readers: 2)
        for number in 0..<4 { push(number, 1000, ring) }
        // Of 4096 bytes four frames of a thousand fit.
        #expect(ring.begin(0, notBefore: 15) == 2 && ring.begin(1, notBefore: 1000) == 4)
        for number in 4..<8 { push(number, 1000, ring) }
        #expect(kept(ring).map { $0.number } == [2, 3, 4, 5])
        // What found no room is told to whoever needs it: frames 6 and 7, of times 60 and 70.
        #expect(ring.missed(0) == 2 && ring.missed(1) == 2)
        ring.need(0, until: 65)
        push(7, 5000, ring)
        #expect(ring.missed(0) == 2 && ring.missed(1) == 3)
        ring.hold(0, from: 3)
        push(8, 1000, ring)
        #expect(kept(ring).map { $0.number } == [3, 4, 5, 9])
        // The other reader needs from 4 on.
        ring.end(0)
        for number in 9..<11 { push(number, 1000, ring) }
        #expect(kept(ring).map { $0.number } == [4, 5, 9, 10])
        ring.end(1)
        push(11, 1000, ring)
        #expect(kept(ring).last?.number == 12 && kept(ring).last?.bytes == bytes(11, 1000))
    }

    @Test func framesThatAreLargerThanAllOfItAreLeftOut() throws {
        let ring = try FrameRing(bytes: 4096, frames: 4, readers: 1)
        push(0, 100, ring)
        push(1, 5000, ring)
        push(2, 4096, ring)
        #expect(kept(ring).map { $0.number } == [2])
    }
}

@Suite struct RecordStoreTests {
    private func record(_ store: RecordStore, _ bytes: Int, task: String = "watch") throws -> String? {
        guard try store.take(bytes) else { return nil }
        let folder = try store.stage(), file = try folder.file("frames.grey")
        try file.append([UInt8](repeating: 1, count: bytes))
        try file.close()
        return try store.publish(folder, task: task, wallNanoseconds: 0, bytes: Int64(bytes))
    }

    /// However old the device's clock says a record is: they leave in the order in which they came.
    @Test func theOldestLeaveWhereTheLimitIsReached() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        try FileManager.default.createDirectory(atPath: scratch("other-20200101T000000Z-x"), withIntermediateDirectories: true)
        var names: [String] = []
        do {
            let store = try RecordStore(scratch.path, limit: 10_000)
            for _ in 0..<3 { names.append(try #require(try record(store, 3000))) }
            #expect(store.bytes == 9000 && store.left == 0)
        }
        #expect(names == (1...3).map { "0000000\($0)-19700101T000000Z-watch" })
        // The next process goes on with what is there.
        let store = try RecordStore(scratch.path, limit: 10_000)
        #expect(store.bytes == 9000)
        let fourth = try record(store, 5000, task: "a-b")
        #expect(fourth == "00000004-19700101T000000Z-a-b" && store.left == 2 && store.bytes == 8000)
        #expect(RecordName.sorted(Folder.names(scratch.path)) == [names[2], "00000004-19700101T000000Z-a-b"])
        // One that is larger than all of it takes all others' places and isn't kept itself.
        #expect(try record(store, 11_000) == nil && store.bytes == 0)
        #expect(Folder.names(scratch.path).filter { $0 != "." && $0 != ".." } == ["other-20200101T000000Z-x"])
        #expect(try record(store, 9000) == "00000005-19700101T000000Z-watch")
    }

    /// More than one turn's worth waits: the part says so until all of it is written.
    @Test func whatWaitsIsWrittenBeforeARecordEnds() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let ring = try FrameRing(bytes: 40_000_000, frames: 100, readers: 1)
        let frame = [UInt8](repeating: 7, count: 3_000_000), format = FrameFormat(width: 2000, height: 1500, format: .grey)
        for number in 0..<10 { frame.withUnsafeBytes { ring.push($0, time: Int64(number), format: format) } }
        let store = try RecordStore(scratch.path, limit: 100_000_000), target = try RecordTarget(store)
        let part = FramesPart(ring, reader: 0, camera: "front", size: (2000, 1500), begin: 0)
        var turns = 0
        repeat {
            _ = try part.advance(to: 8, target)
            turns += 1
        } while part.isBehind
        try part.finish()
        #expect(turns > 1 && part.summary.count == 9 && part.summary.lost == 0 && part.summary.bytes == 27_000_000)
    }

    /// Somebody's folder inside a record keeps that from leaving; the new record is kept all the same.
    @Test func aRecordThatCannotLeaveCostsNoOther() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let store = try RecordStore(scratch.path, limit: 10_000), first = try #require(try record(store, 6000))
        try FileManager.default.createDirectory(atPath: scratch("\(first)/mine"), withIntermediateDirectories: true)
        #expect(try record(store, 6000) == "00000002-19700101T000000Z-watch")
    }

    @Test func namesOfRecordsAreKnown() {
        #expect(RecordName.number("00000042-20261126T193305Z-watch") == 42)
        #expect(RecordName.number("123456789-20261126T193305Z-w") == 123_456_789)
        for name in ["", ".", "42-20261126T193305Z-watch", "00000042", "00000042-20261126T193305Z", "0000004x-20261126T193305Z-w",
                     "00000042-2026-w",
                     "2147483647-20261126T193305Z-w", "99999999999999999999-20261126T193305Z-w", ".swiftlet-0123456789abcdef-folder"] {
            #expect(RecordName.number(name) == nil, "\(name)")
        }
    }
}
