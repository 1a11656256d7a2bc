import Console
import Device
import Platform

/// Repeats a drawing at a rate, until a key, the end of its time, or Ctrl-C. A script gets two seconds.
struct LiveDisplay {
    private let context: Context
    private let seconds: Int?
    private let intervalMilliseconds: Int

    init(_ context: Context, seconds: Int?, rateHertz: Int) {
        self.context = context
        self.seconds = seconds ?? (context.isInteractive ? nil : 2)
        intervalMilliseconds = 1000 / max(1, rateHertz)
    }

    func run(_ draw: (Context) -> Void) {
        let start = monotonicNanoseconds()
        var next = start
        while !context.isCancelled, context.device?.isEnding != true {
            draw(context)
            next += Int64(intervalMilliseconds) * 1_000_000
            let now = monotonicNanoseconds()
            if let seconds { next = min(next, start + Int64(seconds) * 1_000_000_000) }
            let wait = Int(max(0, (next - now) / 1_000_000))
            if context.isInteractive, let console = context.console {
                if console.key(withinMilliseconds: wait) != nil { return }
            } else if !context.pause(milliseconds: wait) {
                return
            }
            if let seconds, next - start >= Int64(seconds) * 1_000_000_000 { return }
        }
    }
}
