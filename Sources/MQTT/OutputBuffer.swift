import CLinux

/// Bytes on their way to a socket: fixed size, filled at the end and taken from the beginning. For one thread.
final class OutputBuffer {
    private let bytes: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private var start = 0, end = 0

    init(capacity: Int) {
        self.capacity = capacity
        bytes = .allocate(capacity: capacity)
    }

    deinit { bytes.deallocate() }

    var isEmpty: Bool { start == end }
    /// What is to be sent.
    var waiting: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes + start, count: end - start) }

    /// So many bytes were sent.
    func sent(_ count: Int) {
        start += min(max(count, 0), end - start)
        if start == end { removeAll() }
    }

    func removeAll() {
        start = 0
        end = 0
    }

    /// Where more may be written; the body says how many bytes it wrote.
    func append(_ write: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
        if start > 0 {
            memmove(bytes, bytes + start, end - start)
            end -= start
            start = 0
        }
        end += min(max(write(UnsafeMutableBufferPointer(start: bytes + end, count: capacity - end)), 0), capacity - end)
    }

    /// False, and nothing written, where there is no room for all.
    func append(_ packet: [UInt8]) -> Bool {
        var fits = false
        append { room in
            guard packet.count <= room.count else { return 0 }
            fits = true
            for index in packet.indices { room[index] = packet[index] }
            return packet.count
        }
        return fits
    }
}
