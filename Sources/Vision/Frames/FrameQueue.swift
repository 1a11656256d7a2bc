import Platform

/// Reads frames on a thread of its own into a small ring, so that reading overlaps with inference.
///
/// Two policies when the reader is ahead: wait, so that every frame of a file is seen; or drop the oldest frame
/// waiting, so that what is seen of a camera is recent.
public final class FrameQueue {
    private let state: QueueState
    private var thread: Thread?

    /// - Parameter depth: frames that may wait.
    public init(_ stream: FrameStream, depth: Int, dropsOldest: Bool) throws(Failure) {
        let state = QueueState(stream, depth: max(1, depth), dropsOldest: dropsOldest)
        self.state = state
        thread = try Thread { state.read() }
    }

    deinit {
        state.stop()
        // A reader that is blocked on a silent pipe can't be woken; it ends with the process.
        if state.hasEnded { thread?.join() }
    }

    /// Waits for the next frame; nil at the end of the stream. Give it back with `recycle`.
    public func next() throws(Failure) -> FrameBuffer? { try state.next(waits: true) }

    /// The next frame if one is waiting.
    public func nextIfWaiting() throws(Failure) -> FrameBuffer? { try state.next(waits: false) }

    /// Gives a buffer from `next` back to be read into; the reader waits where too many are kept.
    public func recycle(_ buffer: FrameBuffer) { state.recycle(buffer) }

    /// Frames dropped because newer ones came.
    public var dropped: Int { state.droppedSoFar }
}

private final class QueueState {
    private let stream: FrameStream
    private let dropsOldest: Bool
    private let lock = Lock()
    private var free: [FrameBuffer] = []
    private var waiting: [FrameBuffer] = []
    private var ended = false
    private var stopping = false
    private var failure: Failure?
    private var dropped = 0

    init(_ stream: FrameStream, depth: Int, dropsOldest: Bool) {
        self.stream = stream
        self.dropsOldest = dropsOldest
        // One more is being read, one more processed.
        for _ in 0..<depth + 2 { free.append(FrameBuffer()) }
        waiting.reserveCapacity(depth + 2)
    }

    var hasEnded: Bool {
        lock.lock()
        defer { lock.unlock() }
        return ended
    }

    var droppedSoFar: Int {
        lock.lock()
        defer { lock.unlock() }
        return dropped
    }

    func stop() {
        lock.lock()
        stopping = true
        lock.wakeAll()
        lock.unlock()
    }

    func read() {
        while let buffer = takeFree() {
            let begin = monotonicNanoseconds()
            var more = false
            var problem: Failure?
            do {
                more = try stream.next(into: buffer)
            } catch {
                problem = error
            }
            buffer.readAt = monotonicNanoseconds()
            buffer.readNanoseconds = buffer.readAt - begin
            lock.lock()
            if more { waiting.append(buffer) } else { free.append(buffer) }
            failure = problem
            ended = !more
            lock.wakeAll()
            lock.unlock()
            if !more { return }
        }
        lock.lock()
        ended = true
        lock.wakeAll()
        lock.unlock()
    }

    /// A buffer to read into; nil when stopping.
    private func takeFree() -> FrameBuffer? {
        lock.lock()
        defer { lock.unlock() }
        while !stopping {
            if let buffer = free.popLast() { return buffer }
            if dropsOldest, !waiting.isEmpty {
                dropped += 1
                return waiting.removeFirst()
            }
            lock.wait()
        }
        return nil
    }

    func next(waits: Bool) throws(Failure) -> FrameBuffer? {
        lock.lock()
        defer { lock.unlock() }
        while waiting.isEmpty && waits && !ended { lock.wait() }
        if !waiting.isEmpty { return waiting.removeFirst() }
        if let failure { throw failure }
        return nil
    }

    func recycle(_ buffer: FrameBuffer) {
        lock.lock()
        free.append(buffer)
        lock.wakeAll()
        lock.unlock()
    }
}
