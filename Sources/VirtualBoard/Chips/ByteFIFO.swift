/// A chip's FIFO memory, in bytes. Allocates once.
final class ByteFIFO {
    let capacity: Int
    private(set) var count = 0
    private let bytes: UnsafeMutablePointer<UInt8>
    private var head = 0

    init(capacity: Int) {
        self.capacity = capacity
        bytes = .allocate(capacity: capacity)
        bytes.initialize(repeating: 0, count: capacity)
    }

    deinit { bytes.deallocate() }

    func removeAll() { (head, count) = (0, 0) }

    /// The oldest byte; nil where it is empty.
    func pop() -> UInt8? {
        guard count > 0 else { return nil }
        let byte = bytes[head]
        head = head + 1 == capacity ? 0 : head + 1
        count -= 1
        return byte
    }

    /// Appends; where it is full the oldest byte goes. True where one did.
    func push(_ byte: UInt8) -> Bool {
        let end = head + count
        if count == capacity {
            bytes[head] = byte
            head = head + 1 == capacity ? 0 : head + 1
            return true
        }
        bytes[end >= capacity ? end - capacity : end] = byte
        count += 1
        return false
    }

    func drop(_ number: Int) {
        let gone = min(number, count)
        head = (head + gone) % capacity
        count -= gone
    }
}
