/// Puts tokens' bytes together into text that can be shown at once: what may still be the beginning of a character
/// waits for the rest.
public struct UTF8Assembler {
    private var waiting: [UInt8] = []

    public init() { waiting.reserveCapacity(8) }

    /// Appends bytes and moves what is complete to `output`. Bytes that can't become a character are passed on as they are.
    public mutating func take(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        for byte in bytes {
            waiting.append(byte)
            if !isUnfinished {
                for byte in waiting { output.append(byte) }
                waiting.removeAll(keepingCapacity: true)
            }
        }
    }

    /// The text is over: gives up what still waits.
    public mutating func finish(into output: inout [UInt8]) {
        for byte in waiting { output.append(byte) }
        waiting.removeAll(keepingCapacity: true)
    }

    /// A lead byte with fewer continuation bytes than it asks for, and nothing else.
    private var isUnfinished: Bool {
        let first = waiting[0]
        let length = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 1
        guard waiting.count < length else { return false }
        for index in 1..<waiting.count where waiting[index] & 0xc0 != 0x80 { return false }
        return true
    }
}
