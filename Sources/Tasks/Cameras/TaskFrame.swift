import CLinux
import Platform
import Vision

/// A frame on its way from a camera to its tasks.
final class TaskFrame {
    let buffer = FrameBuffer()
    /// What the bytes are; nil: a picture file, JPEG or PNG.
    var format: FrameFormat?
    /// When it was taken, monotonic nanoseconds.
    var time: Int64 = 0
    /// Tasks that have it; guarded by its camera's lock.
    var users = 0
}

/// What came of waiting for a frame.
enum FrameArrival { case frame, nothing, end }

/// Where frames come from. One thread reads it.
protocol FrameSource: AnyObject {
    /// For people.
    var title: String { get }
    /// Frames that the source lost since nobody took them in time, and those that it knew to be damaged.
    var lost: UInt32 { get }
    var damaged: UInt32 { get }
    /// Waits for a frame, no longer than `nanoseconds`. Allocates nothing once the frame's buffer is large enough.
    /// - Throws: where only opening it again can help.
    func next(into frame: TaskFrame, withinNanoseconds nanoseconds: Int64) throws(Failure) -> FrameArrival
}

/// Files in place of a camera: frames come at a rate, by the clock.
struct FramePace {
    private let interval: Int64
    private var due: Int64

    init(rateHertz: Float, now: Int64) {
        interval = Int64(1e9 / Double(rateHertz))
        due = now
    }

    /// Waits for the next frame's time, no longer than `nanoseconds`. That time; nil: not yet.
    mutating func wait(_ nanoseconds: Int64) -> Int64? {
        let now = monotonicNanoseconds()
        // Who was held up for long doesn't run after what is past.
        if now - due > 1_000_000_000 { due = now }
        if due > now {
            let wait = min(nanoseconds, due - now)
            usleep(UInt32(clamping: wait / 1000))
            if due - now > wait { return nil }
        }
        let time = due
        due += interval
        return time
    }
}
