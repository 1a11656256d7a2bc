import CLinux

/// Numbers from one thread to one other without a lock, many at once: fixed size, and what finds no room is dropped and
/// counted, so that the producer never waits.
///
/// One thread calls `push`, one other `pop` and `clear`.
public final class SampleRing {
    private let samples: UnsafeMutablePointer<Float>
    private let capacity: Int
    private let mask: UInt32
    /// Three words, a cache line apart: head (consumer's), tail (producer's), dropped.
    private let words: UnsafeMutablePointer<UInt32>
    private static let stride = 32

    /// - Parameter capacity: rounded up to a power of two.
    public init(capacity: Int) {
        var size = 2
        while size < capacity { size *= 2 }
        self.capacity = size
        samples = .allocate(capacity: size)
        mask = UInt32(size - 1)
        words = .allocate(capacity: Self.stride * 3)
        words.initialize(repeating: 0, count: Self.stride * 3)
    }

    deinit {
        samples.deallocate()
        words.deallocate()
    }

    private var head: UnsafeMutablePointer<UInt32> { words }
    private var tail: UnsafeMutablePointer<UInt32> { words + Self.stride }
    private var drops: UnsafeMutablePointer<UInt32> { words + Self.stride * 2 }

    /// As many as there is room for; the newest of the others are dropped and counted.
    public func push(_ values: UnsafeBufferPointer<Float>) {
        let end = tail.pointee
        let room = capacity - Int(end &- linux_load(head))
        let count = min(values.count, room)
        for index in 0..<count { samples[Int((end &+ UInt32(truncatingIfNeeded: index)) & mask)] = values[index] }
        linux_store(tail, end &+ UInt32(truncatingIfNeeded: count))
        if count < values.count { linux_store(drops, drops.pointee &+ UInt32(truncatingIfNeeded: values.count - count)) }
    }

    /// The oldest, up to `values.count`; how many.
    public func pop(_ values: UnsafeMutableBufferPointer<Float>) -> Int {
        let start = head.pointee
        let count = min(values.count, Int(linux_load(tail) &- start))
        for index in 0..<count { values[index] = samples[Int((start &+ UInt32(truncatingIfNeeded: index)) & mask)] }
        linux_store(head, start &+ UInt32(truncatingIfNeeded: count))
        return count
    }

    /// Forgets what waits; for the consumer.
    public func clear() { linux_store(head, linux_load(tail)) }

    /// Values that wait; from a third thread only about right.
    public var count: Int { Int(linux_load(tail) &- linux_load(head)) }
    /// How many more there is room for; for the producer.
    public var room: Int { capacity - count }
    /// Values that found no room so far.
    public var dropped: UInt32 { linux_load(drops) }
}
