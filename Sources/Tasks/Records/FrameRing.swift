import CLinux
import Platform
import Vision

/// A camera's newest frames in memory that is got once. The camera's thread puts them in; records hold what they are still to write,
/// and what finds no room then is left out. Allocates nothing after its start.
final class FrameRing {
    /// A frame's place.
    struct Slot {
        fileprivate(set) var offset: Int
        let count: Int
        /// Monotonic nanoseconds.
        let time: Int64
        /// nil: a picture file, JPEG or PNG.
        let format: FrameFormat?
        /// Counts all frames that were offered, those without room as well.
        let number: UInt64
    }

    private let memory: PageMemory
    private let capacity: Int
    private let lock = Lock()
    // Guarded by the lock.
    private var slots: [Slot]
    private var first = 0, used = 0
    /// Where the next frame begins if it fits.
    private var end = 0
    private var next: UInt64 = 0
    /// Of each reader, the number of the first frame that it needs.
    private var holds: [UInt64]
    /// Of each reader, the time up to which it needs frames, and how many of those found no room.
    private var ends: [Int64]
    private var misses: [UInt64]

    private static let none = UInt64.max

    /// - Parameters:
    ///   - bytes: of memory, which is taken at once, so that whoever asks what is left sees it.
    ///   - frames: that it keeps at most.
    ///   - readers: how many records may be written at once.
    init(bytes: Int, frames: Int, readers: Int) throws(Failure) {
        memory = try PageMemory(count: bytes, for: "frames before an event")
        capacity = memory.bytes.count
        memset(memory.baseAddress, 0, capacity)
        slots = [Slot](repeating: Slot(offset: 0, count: 0, time: 0, format: nil, number: 0), count: max(2, frames))
        holds = [UInt64](repeating: Self.none, count: max(1, readers))
        ends = [Int64](repeating: 0, count: holds.count)
        misses = [UInt64](repeating: 0, count: holds.count)
    }

    /// Bytes of memory.
    var bytes: Int { capacity }

    // MARK: the camera's thread

    /// Copies a frame in; older ones that nobody needs make room.
    func push(_ frame: UnsafeRawBufferPointer, time: Int64, format: FrameFormat?) {
        guard frame.count > 0 else { return }
        lock.lock()
        let number = next
        next += 1
        let place = makeRoom(frame.count)
        if place == nil {
            for reader in holds.indices where holds[reader] != Self.none && time <= ends[reader] { misses[reader] += 1 }
        }
        lock.unlock()
        guard let place else { return }
        // Nobody reads there: no slot says so yet.
        memcpy(memory.baseAddress + place, frame.baseAddress!, frame.count)
        lock.lock()
        slots[(first + used) % slots.count] = Slot(offset: place, count: frame.count, time: time, format: format, number: number)
        used += 1
        end = place + frame.count
        lock.unlock()
    }

    /// With the lock held: where so many bytes are free; nil where what is needed still is in the way.
    private func makeRoom(_ count: Int) -> Int? {
        guard count <= capacity else { return nil }
        while true {
            if used == 0 { return 0 }
            let start = slots[first].offset
            if used < slots.count {
                if end > start {
                    if capacity - end >= count { return end }
                    if start >= count { return 0 }
                } else if start - end >= count { return end }
            }
            var needed = Self.none
            for hold in holds { needed = min(needed, hold) }
            guard slots[first].number < needed else { return nil }
            first = (first + 1) % slots.count
            used -= 1
        }
    }

    // MARK: the recorder's thread

    /// From now on the reader needs what was taken at that time or later. The number of the first such frame.
    func begin(_ reader: Int, notBefore time: Int64) -> UInt64 {
        lock.lock()
        defer { lock.unlock() }
        var number = next
        for index in 0..<used where slots[(first + index) % slots.count].time >= time {
            number = slots[(first + index) % slots.count].number
            break
        }
        holds[reader] = number
        (ends[reader], misses[reader]) = (.max, 0)
        return number
    }

    /// The reader needs nothing before that number any more.
    func hold(_ reader: Int, from number: UInt64) {
        lock.lock()
        holds[reader] = number
        lock.unlock()
    }

    /// What was taken later than that the reader doesn't need.
    func need(_ reader: Int, until time: Int64) {
        lock.lock()
        ends[reader] = time
        lock.unlock()
    }

    /// How many frames that the reader needs found no room.
    func missed(_ reader: Int) -> UInt64 {
        lock.lock()
        defer { lock.unlock() }
        return misses[reader]
    }

    /// The reader needs nothing.
    func end(_ reader: Int) { hold(reader, from: Self.none) }

    /// The oldest frame from that number on; its bytes stay while its reader holds it. nil: none has come yet.
    func frame(from number: UInt64) -> Slot? {
        lock.lock()
        defer { lock.unlock() }
        for index in 0..<used where slots[(first + index) % slots.count].number >= number { return slots[(first + index) % slots.count] }
        return nil
    }

    func bytes(of slot: Slot) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory.baseAddress + slot.offset, count: slot.count)
    }

    /// How many frames were offered.
    var offered: UInt64 {
        lock.lock()
        defer { lock.unlock() }
        return next
    }
}
