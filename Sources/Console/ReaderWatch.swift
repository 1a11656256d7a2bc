/// Whether a console's reader keeps up, and what was lost where he didn't.
struct ReaderWatch {
    /// He takes nothing, has gone, or was given up: nobody waits for him.
    private(set) var isStalled = false
    private(set) var droppedTotal = 0
    private var dropped = 0
    private var lastProgress: Int64

    /// A reader that takes nothing for so long loses lines, so that commands come to their end.
    static let stallNanoseconds: Int64 = 2_000_000_000

    init(now: Int64) { lastProgress = now }

    /// He took something, or had nothing to take.
    mutating func progressed(now: Int64) { lastProgress = now }
    mutating func revived(now: Int64) {
        lastProgress = now
        isStalled = false
    }
    mutating func gaveUp() { isStalled = true }

    /// True once, when he has taken nothing for too long.
    mutating func stalls(now: Int64) -> Bool {
        guard now - lastProgress > Self.stallNanoseconds, !isStalled else { return false }
        isStalled = true
        return true
    }

    /// What found no room; a piece without a line's end counts as one line.
    mutating func lost(_ bytes: [UInt8]) {
        var lines = 0
        for byte in bytes where byte == 10 { lines += 1 }
        dropped += max(1, lines)
        droppedTotal += max(1, lines)
    }

    /// How many lines were lost since this was last asked.
    mutating func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }
}
