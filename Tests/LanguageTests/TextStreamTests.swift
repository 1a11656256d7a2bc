import Platform
import Testing
@testable import Language

@Suite struct TextStreamTests {
    /// Any bytes come out as the standard library repairs them, and only in whole characters.
    @Test func charactersAsTheStandardLibraryRepairsThem() {
        var random = RandomSource(seed: 5)
        let pool: [UInt8] = [0x41, 0x20, 0x80, 0xBF, 0xC2, 0xC0, 0xE0, 0xE4, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0x9F, 0xA0, 0x8F, 0x90,
                             0xBD]
        for round in 0..<3000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int(random.bits() % 24) { bytes.append(pool[Int(random.bits() % UInt64(pool.count))]) }
            if round % 7 == 0 { bytes += Array("你好 🐦 ñ".utf8) }
            var stream = CharacterStream(), out: [UInt8] = []
            for byte in bytes {
                stream.take(byte) { out.append($0) }
                #expect(String(validating: out, as: UTF8.self) != nil)
            }
            stream.finish { out.append($0) }
            #expect(out == Array(String(decoding: bytes, as: UTF8.self).utf8))
        }
    }

    /// Against a plain search of the whole text.
    @Test func stopStringsWherePlainSearchFindsThem() throws {
        var random = RandomSource(seed: 9)
        for _ in 0..<3000 {
            let text = (0..<Int(random.bits() % 30)).map { _ in UInt8(97 + random.bits() % 2) }
            let stops = (0...Int(random.bits() % 3)).map { _ in (0...Int(random.bits() % 4)).map { _ in UInt8(97 + random.bits() % 2) } }
            var first: (end: Int, start: Int)?
            search: for end in 1..<max(1, text.count + 1) {
                for stop in stops where end >= stop.count && Array(text[(end - stop.count)..<end]) == stop {
                    let start = end - stop.count
                    first = (end, start)
                    break search
                }
            }
            var matcher = try StopMatcher(stops), out: [UInt8] = []
            for byte in text { matcher.take(byte) { out.append($0) } }
            #expect(matcher.hasStopped == (first != nil))
            if first == nil { matcher.finish { out.append($0) } }
            #expect(out == Array(text[..<(first?.start ?? text.count)]))
        }
        #expect(throws: Failure.self) { try StopMatcher([[]]) }
    }

    @Test func draftsFollowTheLongestAndNewestMatch() {
        let text: [Int32] = [1, 2, 3, 4, 9, 2, 3, 5, 1, 2, 3]
        var draft = [Int32](repeating: 0, count: 4)
        let count = text.withUnsafeBufferPointer { t in
            draft.withUnsafeMutableBufferPointer { DraftLookup(length: 3).propose(t, into: $0) }
        }
        #expect(count == 3)
        #expect(Array(draft[..<3]) == [4, 9, 2])
        let short: [Int32] = [1, 2, 7, 8]
        #expect(short.withUnsafeBufferPointer { t in draft.withUnsafeMutableBufferPointer { DraftLookup(length: 3).propose(t, into: $0) } }
                == 0)
    }
}
