import CLinux
import Platform

/// Messages that wait for a broker, as PUBLISH packets of quality of service 1. Fixed size: where there is no room the oldest
/// goes, counted. Any thread appends; one thread sends. Allocates nothing once it is made.
public final class MessageQueue {
    /// What a message with its topic may take at most, bytes.
    public static let largestPacket = 4096
    /// Messages that may be under way at once: as many as a slow line needs, few to send again after a break.
    static let window = 16
    /// Room for a message of this size each; longer ones are fewer.
    private static let usualBytes = 512

    private struct Entry {
        /// Of the packet's first byte in the ring, and its length.
        var offset = 0, length = 0
        var identifier: UInt16 = 0
        var wasSent = false, isAcknowledged = false
    }

    private let lock = Lock()
    // Guarded by the lock.
    private let bytes: UnsafeMutablePointer<UInt8>
    private let byteCapacity: Int
    private let entries: UnsafeMutablePointer<Entry>
    private let capacity: Int
    /// Place of the oldest entry, and how many there are.
    private var first = 0, count = 0
    /// How many of the oldest are under way.
    private var underWay = 0
    /// Where the next packet's bytes begin, and bytes in use.
    private var end = 0, used = 0
    private var lastIdentifier: UInt16 = 0
    private var droppedCount = 0, sentCount = 0

    /// - Parameter capacity: messages, 1 to 32768.
    public init(capacity: Int) {
        self.capacity = min(max(capacity, 1), 32_768)
        byteCapacity = max(self.capacity * Self.usualBytes, 2 * Self.largestPacket)
        // Memory that no message has reached is only promised.
        bytes = .allocate(capacity: byteCapacity)
        entries = .allocate(capacity: self.capacity)
        entries.initialize(repeating: Entry(), count: self.capacity)
    }

    deinit {
        bytes.deallocate()
        entries.deallocate()
    }

    /// Messages that wait or are under way, that were dropped, and that the broker has acknowledged.
    public var counts: (waiting: Int, dropped: Int, sent: Int) {
        lock.lock()
        defer { lock.unlock() }
        return (count, droppedCount, sentCount)
    }

    /// Adds a message. False where another had to go for it, or where it is too long itself.
    @discardableResult
    public func append(topic: String, payload: String, isRetained: Bool) -> Bool {
        let topicCount = topic.utf8.count, remaining = 4 + topicCount + payload.utf8.count
        // Two digits of 7 bits are enough for what is allowed here.
        let length = 1 + (remaining < 128 ? 1 : 2) + remaining
        lock.lock()
        defer { lock.unlock() }
        guard length <= Self.largestPacket, topicCount > 0 else {
            droppedCount += 1
            return false
        }
        let before = droppedCount
        while count == capacity || used + length > byteCapacity { dropOldest() }
        if count == 0 { end = 0 }
        lastIdentifier = lastIdentifier == UInt16.max ? 1 : lastIdentifier + 1
        let entry = Entry(offset: end, length: length, identifier: lastIdentifier)
        put(isRetained ? 0x33 : 0x32)
        if remaining >= 128 { put(UInt8(remaining & 0x7F) | 0x80) }
        put(UInt8(remaining >= 128 ? remaining >> 7 : remaining))
        put(UInt8(topicCount >> 8))
        put(UInt8(topicCount & 0xFF))
        for byte in topic.utf8 { put(byte) }
        put(UInt8(lastIdentifier >> 8))
        put(UInt8(lastIdentifier & 0xFF))
        for byte in payload.utf8 { put(byte) }
        entries[(first + count) % capacity] = entry
        count += 1
        used += length
        return droppedCount == before
    }

    /// Copies the next packet that is to be sent, where there is one, it fits and the window has room; its length, or 0.
    func takeNext(_ target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        lock.lock()
        defer { lock.unlock() }
        guard underWay < count, underWay < Self.window else { return 0 }
        let index = (first + underWay) % capacity, entry = entries[index]
        guard entry.length <= target.count else { return 0 }
        for position in 0..<entry.length { target[position] = bytes[(entry.offset + position) % byteCapacity] }
        // Sent again: the broker may have it (3.3.1.1).
        if entry.wasSent { target[0] |= 0x08 }
        entries[index].wasSent = true
        underWay += 1
        return entry.length
    }

    /// The broker has the message of that identifier. Nothing where it isn't under way: it may have been dropped meanwhile.
    func acknowledge(_ identifier: UInt16) {
        lock.lock()
        defer { lock.unlock() }
        for place in 0..<underWay where entries[(first + place) % capacity].identifier == identifier {
            entries[(first + place) % capacity].isAcknowledged = true
        }
        while underWay > 0, entries[first].isAcknowledged {
            removeFirst()
            sentCount += 1
        }
    }

    /// The connection broke: what wasn't acknowledged is to be sent again.
    func rewind() {
        lock.lock()
        underWay = 0
        lock.unlock()
    }

    /// Messages without an acknowledgement.
    var unacknowledged: Int {
        lock.lock()
        defer { lock.unlock() }
        return underWay
    }

    private func put(_ byte: UInt8) {
        bytes[end] = byte
        end = end + 1 == byteCapacity ? 0 : end + 1
    }

    private func dropOldest() {
        removeFirst()
        droppedCount += 1
    }

    private func removeFirst() {
        used -= entries[first].length
        first = (first + 1) % capacity
        count -= 1
        underWay = max(0, underWay - 1)
    }
}
