import Platform

/// A stream with some bytes of it in memory: what was looked at stays until it is taken.
final class StreamBuffer {
    let stream: ByteStream
    private let memory: UnsafeMutableRawBufferPointer
    private var start = 0, end = 0
    /// Bytes taken so far.
    private(set) var position: Int64 = 0

    init(_ stream: ByteStream, capacity: Int) {
        self.stream = stream
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { memory.deallocate() }

    /// Up to `count` bytes, fewer only at the stream's end; good until the next call. `count` is at most the capacity.
    func peek(_ count: Int) throws(Failure) -> UnsafeRawBufferPointer {
        if memory.count - start < count {
            memory.baseAddress!.copyMemory(from: memory.baseAddress! + start, byteCount: end - start)
            (start, end) = (0, end - start)
        }
        while end - start < count {
            let got = try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[end...]))
            if got == 0 { break }
            end += got
        }
        return UnsafeRawBufferPointer(rebasing: memory[start..<start + min(count, end - start)])
    }

    /// Takes bytes that `peek` has shown.
    func take(_ count: Int) {
        start += count
        position += Int64(count)
    }

    /// Takes bytes unseen; false where the stream ends before.
    func skip(_ count: Int64) throws(Failure) -> Bool {
        var left = count
        while left > 0 {
            let seen = try peek(Int(min(left, Int64(memory.count)))).count
            if seen == 0 { return false }
            take(seen)
            left -= Int64(seen)
        }
        return true
    }
}
