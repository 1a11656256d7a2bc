import CLinux

/// Values from one thread to one other without a lock: fixed size, and where it is full the new value is dropped and
/// counted, so that the producer never waits.
///
/// One thread calls `push`, one other `pop`. `Element` holds no references; memory is only touched as the ring fills.
public final class EventRing<Element> {
    private let slots: UnsafeMutablePointer<Element>
    private let mask: UInt32
    /// Three words, a cache line apart: head (consumer's), tail (producer's), dropped.
    private let words: UnsafeMutablePointer<UInt32>
    private static var stride: Int { 32 }

    /// - Parameter capacity: rounded up to a power of two.
    public init(capacity: Int) {
        var size = 2
        while size < capacity { size *= 2 }
        slots = .allocate(capacity: size)
        mask = UInt32(size - 1)
        words = .allocate(capacity: Self.stride * 3)
        words.initialize(repeating: 0, count: Self.stride * 3)
    }

    deinit {
        slots.deallocate()
        words.deallocate()
    }

    private var head: UnsafeMutablePointer<UInt32> { words }
    private var tail: UnsafeMutablePointer<UInt32> { words + Self.stride }
    private var drops: UnsafeMutablePointer<UInt32> { words + Self.stride * 2 }

    /// False, and counted, where the ring is full.
    @discardableResult
    public func push(_ value: Element) -> Bool {
        let end = tail.pointee
        guard end &- linux_load(head) <= mask else {
            linux_store(drops, drops.pointee &+ 1)
            return false
        }
        slots[Int(end & mask)] = value
        linux_store(tail, end &+ 1)
        return true
    }

    /// The oldest value, for the one consumer; nil where there is none.
    public func pop() -> Element? {
        let start = head.pointee
        guard start != linux_load(tail) else { return nil }
        let value = slots[Int(start & mask)]
        linux_store(head, start &+ 1)
        return value
    }

    /// Values that wait; from a third thread only about right.
    public var count: Int { Int(linux_load(tail) &- linux_load(head)) }
    /// Values that found no room so far.
    public var dropped: UInt32 { linux_load(drops) }
}
