import Platform

/// Reads little-endian fields in order; past the end it gives zeros and remembers, so that a parser needs one check
/// after a group of fields instead of one a field.
struct TableReader {
    private let bytes: UnsafeRawBufferPointer
    private var next = 0
    private(set) var overrun = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - next }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) -> T {
        guard MemoryLayout<T>.size <= remaining else {
            overrun = true
            next = bytes.count
            return 0
        }
        var value: T = 0
        for index in 0..<MemoryLayout<T>.size { value |= T(truncatingIfNeeded: bytes[next + index]) << T(truncatingIfNeeded: 8 * index) }
        next += MemoryLayout<T>.size
        return value
    }

    mutating func int32() -> Int32 { integer(Int32.self) }

    mutating func text() -> String {
        let length = Int(clamping: integer(UInt32.self))
        guard length <= remaining else {
            overrun = true
            next = bytes.count
            return ""
        }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[next..<next + length]), as: UTF8.self)
        next += length
        return text
    }

    /// A list length that the remaining bytes can hold; anything else counts as an overrun.
    mutating func count(limit: Int, elementBytes: Int) -> Int {
        let count = Int(clamping: integer(UInt32.self))
        guard count <= limit, count * elementBytes <= remaining else {
            overrun = true
            return 0
        }
        return count
    }

    mutating func list(limit: Int) -> [Int32] {
        let count = count(limit: limit, elementBytes: 4)
        var list: [Int32] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(int32()) }
        return list
    }
}
