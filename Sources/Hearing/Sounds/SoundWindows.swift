/// A sound cut into windows of one length, each so many samples behind the one before. Counts samples and knows no clock; allocates
/// nothing after its start.
public final class SoundWindows {
    /// Samples of a window, and from the beginning of one to that of the next.
    public let window: Int, hop: Int
    /// Samples so far.
    public private(set) var count: Int64 = 0
    private let buffer: UnsafeMutablePointer<Float>
    private var filled = 0
    /// Samples that lie between two windows and are left out.
    private var skipped = 0
    /// Samples that were in no window yet.
    private var unheard = 0

    /// - Parameters: both positive.
    public init(window: Int, hop: Int) {
        self.window = window
        self.hop = hop
        buffer = .allocate(capacity: window)
        buffer.initialize(repeating: 0, count: window)
    }

    deinit { buffer.deallocate() }

    /// A window is full: `values` are its samples, until `advance` is called.
    public var isFull: Bool { filled == window }
    public var values: UnsafePointer<Float> { UnsafePointer(buffer) }
    /// How many samples came before the window's first.
    public private(set) var start: Int64 = 0

    /// Takes samples until a window is full or all are taken; how many were. What is no number counts as silence.
    public func take(_ samples: UnsafeBufferPointer<Float>) -> Int {
        guard !isFull else { return 0 }
        let left = min(skipped, samples.count)
        skipped -= left
        let more = min(window - filled, samples.count - left)
        for index in 0..<more {
            let sample = samples[left + index]
            buffer[filled + index] = sample.isFinite ? sample : 0
        }
        filled += more
        unheard += more
        count += Int64(left + more)
        return left + more
    }

    /// Behind a full window: the next begins.
    public func advance() {
        let kept = max(0, window - hop)
        buffer.update(from: buffer + (window - kept), count: kept)
        start += Int64(hop)
        filled = kept
        skipped = max(0, hop - window)
        unheard = 0
    }

    /// The sound is over and silence follows: whether there are samples that no window had yet, which now has become full. A rest of
    /// less than half a hop isn't worth a window that is mostly silence, unless it is the whole sound.
    /// - Parameter isCentred: a sound that is shorter than a window has silence before it, too.
    public func finish(isCentred: Bool = false) -> Bool {
        guard unheard >= (start == 0 ? 1 : max(1, min(window, hop) / 2)) else { return false }
        let before = isCentred && start == 0 ? (window - filled) / 2 : 0
        (buffer + before).update(from: buffer, count: filled)
        buffer.update(repeating: 0, count: before)
        (buffer + before + filled).update(repeating: 0, count: window - before - filled)
        filled = window
        return true
    }

    /// Forgets everything: another sound begins.
    public func restart() {
        (count, start) = (0, 0)
        (filled, skipped, unheard) = (0, 0, 0)
    }
}
