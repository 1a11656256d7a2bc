import CLinux
import Nest
import Testing

/// The checksum of nests, which processors compute in different ways, against its definition.
struct ChecksumTests {
    private func plain(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
        }
        return ~crc
    }

    @Test func allLengths() {
        #expect(Array("123456789".utf8).withUnsafeBytes { checksum($0) } == 0xCBF4_3926)
        #expect(checksum(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
        var state: UInt32 = 1
        let bytes = (0..<5000).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
        for first in 0..<4 {
            for length in Array(0..<300) + [4096 + first, 4900] {
                let part = bytes[first..<first + length]
                #expect(part.withUnsafeBytes { checksum($0) } == plain(part), "\(length) bytes from \(first)")
                let byTables = Array(part).withUnsafeBufferPointer { linux_crc32_by_tables(0, $0.baseAddress, $0.count) }
                #expect(byTables == plain(part), "\(length) bytes from \(first), by tables")
                let middle = part.startIndex + length / 3
                let begun = part[..<middle].withUnsafeBytes { checksum($0) }
                #expect(part[middle...].withUnsafeBytes { checksum($0, after: begun) } == plain(part), "\(length) bytes in two parts")
            }
        }
    }
}
