/// The ICM-42688-P's FIFO: whole packets of up to twenty bytes, read byte by byte.
final class PacketFIFO {
    static let longest = 20
    let bytes: Int
    private(set) var count = 0
    /// All packets in it are alike: the size changes only while it is empty.
    private(set) var packetBytes = 16
    private let memory: UnsafeMutablePointer<UInt8>
    private var head = 0
    private var position = 0

    init(bytes: Int) {
        self.bytes = bytes
        memory = .allocate(capacity: bytes)
        memory.initialize(repeating: 0, count: bytes)
    }

    deinit { memory.deallocate() }

    var capacity: Int { bytes / packetBytes }

    func removeAll() { (head, count, position) = (0, 0, 0) }

    /// Appends a packet; where the FIFO is full the oldest goes, or with `isStopping` the new one. True where one did.
    func push(_ packet: UnsafeBufferPointer<UInt8>, isStopping: Bool) -> Bool {
        if packet.count != packetBytes {
            removeAll()
            packetBytes = packet.count
        }
        let isFull = count == capacity
        if isFull {
            if isStopping { return true }
            head = (head + 1) % capacity
            count -= 1
            position = 0
        }
        let start = (head + count) % capacity * packetBytes
        for index in 0..<packetBytes { memory[start + index] = packet[index] }
        count += 1
        return isFull
    }

    /// The next byte; nil where it is empty.
    func pop() -> UInt8? {
        guard count > 0 else { return nil }
        let byte = memory[head * packetBytes + position]
        position += 1
        if position == packetBytes {
            position = 0
            head = (head + 1) % capacity
            count -= 1
        }
        return byte
    }

    /// The packet that was read in part will be read again from its start.
    func rewind() { position = 0 }
}
