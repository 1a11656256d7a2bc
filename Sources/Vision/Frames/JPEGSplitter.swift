import CLinux
import Platform

/// Cuts a stream of JPEG pictures at their markers. Segments are stepped over by their lengths, so that a thumbnail
/// inside one doesn't end the frame; bytes between frames are skipped.
final class JPEGSplitter {
    enum Result { case frame, needsMore, noMemory }

    private enum State {
        /// Looking for a start marker.
        case outside
        /// At a marker, inside a frame.
        case marker
        /// Within entropy-coded data.
        case data
    }

    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity = 1 << 17
    private var start = 0
    private var end = 0
    private var position = 0
    private var state = State.outside

    init?() {
        guard let memory = malloc(1 << 17) else { return nil }
        buffer = memory.bindMemory(to: UInt8.self, capacity: 1 << 17)
    }

    deinit { free(buffer) }

    /// Bytes held of the frame so far.
    var pending: Int { end - start }
    var isInsideFrame: Bool { state != .outside }

    /// Where the next `count` bytes of the stream go; nil without memory.
    func room(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
        if end + count > capacity {
            memmove(buffer, buffer + start, end - start)
            position -= start
            end -= start
            start = 0
        }
        if end + count > capacity {
            let larger = max(capacity * 2, end + count)
            guard let memory = malloc(larger) else { return nil }
            memcpy(memory, buffer, end)
            free(buffer)
            buffer = memory.bindMemory(to: UInt8.self, capacity: larger)
            capacity = larger
        }
        return buffer + end
    }

    func added(_ count: Int) { end += count }

    /// Moves the next whole frame to `target`.
    func take(into target: FrameBuffer) -> Result {
        while true {
            switch state {
            case .outside:
                while position + 2 < end, !(buffer[position] == 0xFF && buffer[position + 1] == 0xD8 && buffer[position + 2] == 0xFF) {
                    position += 1
                }
                start = position
                if position + 2 >= end { return .needsMore }
                position += 2
                state = .marker
            case .marker:
                guard position + 1 < end else { return .needsMore }
                // Not at a marker: the frame is damaged, and its decoder shall say so; go on to the next marker.
                guard buffer[position] == 0xFF else { state = .data; continue }
                let marker = buffer[position + 1]
                switch marker {
                case 0xFF: position += 1
                case 0xD9: return finish(at: position + 2, into: target)
                // A start inside a frame: the last one was cut short. It ends here.
                case 0xD8: return finish(at: position, into: target)
                case 0x01, 0xD0...0xD7: position += 2
                case 0x00: state = .data
                default:
                    guard position + 3 < end else { return .needsMore }
                    let length = max(2, Int(buffer[position + 2]) << 8 | Int(buffer[position + 3]))
                    guard position + 2 + length <= end else { return .needsMore }
                    position += 2 + length
                    if marker == 0xDA { state = .data }
                }
            case .data:
                while position + 1 < end {
                    if buffer[position] == 0xFF {
                        let next = buffer[position + 1]
                        if next != 0 && !(0xD0...0xD7).contains(next) { break }
                    }
                    position += 1
                }
                if position + 1 >= end { return .needsMore }
                state = .marker
            }
        }
    }

    private func finish(at next: Int, into target: FrameBuffer) -> Result {
        let count = next - start
        do {
            try target.reserve(count)
        } catch {
            return .noMemory
        }
        memcpy(target.bytes, buffer + start, count)
        target.count = count
        start = next
        position = next
        state = .outside
        return .frame
    }
}
