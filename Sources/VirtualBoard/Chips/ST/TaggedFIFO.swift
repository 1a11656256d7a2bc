/// The LSM6DSO's FIFO: words of a tag and six bytes.
final class TaggedFIFO {
    enum Tag: UInt8 { case gyroscope = 1, accelerometer = 2, temperature = 3, timestamp = 4 }

    let capacity: Int
    private(set) var count = 0
    /// Tag in byte 0, data in 1 to 6.
    private let words: UnsafeMutablePointer<SIMD8<UInt8>>
    private var head = 0
    private var current = SIMD8<UInt8>()

    init(capacity: Int) {
        self.capacity = capacity
        words = .allocate(capacity: capacity)
        words.initialize(repeating: .zero, count: capacity)
    }

    deinit { words.deallocate() }

    func removeAll() { (head, count, current) = (0, 0, .zero) }

    /// The oldest word goes.
    func drop() {
        guard count > 0 else { return }
        head = (head + 1) % capacity
        count -= 1
    }

    /// - Parameter counter: two bits that tell samples of one time slot from the next.
    func push(_ tag: Tag, counter: UInt8, _ data: SIMD8<UInt8>) {
        guard count < capacity else { return }
        var byte = tag.rawValue << 3 | counter << 1
        // The last bit makes the number of ones even.
        byte |= UInt8(byte.nonzeroBitCount & 1)
        var word = SIMD8<UInt8>(byte, data[0], data[1], data[2], data[3], data[4], data[5], 0)
        word[7] = 0
        words[(head + count) % capacity] = word
        count += 1
    }

    /// The oldest word moves to the output registers; an empty FIFO gives zeros.
    func take() {
        guard count > 0 else {
            current = .zero
            return
        }
        current = words[head]
        drop()
    }

    func outgoing(_ index: Int) -> UInt8 { current[index] }
}
