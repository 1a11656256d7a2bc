import CLinux
import Platform

/// A recording as if it were live: samples are there when they would have been spoken.
public final class FileSound: LiveSound {
    /// How fast it comes.
    public enum Pace: Sendable {
        case realTime
        /// As fast as it goes: where nobody works on the sound, its clock moves on by itself. Who works takes as long as ever, on
        /// that clock too, so that latencies are those of real time.
        case none
    }

    public let rateHertz = AudioReader.rate
    public let breaks: UInt32 = 0
    public private(set) var hasEnded = false
    private let reader: AudioReader
    private let pace: Pace
    /// When the clock was 0; nil before the first look.
    private var origin: Int64?
    private var skipped: Int64 = 0
    private var taken: Int64 = 0

    /// Samples that come at once, as from a sound card.
    private static let period: Int64 = 160

    public init(_ reader: AudioReader, pace: Pace) {
        self.reader = reader
        self.pace = pace
    }

    public func now() -> Int64 {
        let now = monotonicNanoseconds()
        guard let origin else {
            origin = now
            return 0
        }
        return now - origin + skipped
    }

    public func time(ofSamples count: Int64) -> Int64 { count * (1_000_000_000 / Int64(AudioReader.rate)) }

    public func take(into target: UnsafeMutableBufferPointer<Float>) throws(Failure) -> Int {
        guard !hasEnded else { return 0 }
        let made = now() / (1_000_000_000 / Int64(AudioReader.rate)) / Self.period * Self.period
        let wanted = Int(min(Int64(target.count), made - taken))
        var count = 0
        while count < wanted {
            let got = try reader.read(into: UnsafeMutableBufferPointer(rebasing: target[count..<wanted]))
            if got == 0 {
                hasEnded = true
                break
            }
            count += got
        }
        taken += Int64(count)
        return count
    }

    public func wait() {
        let next = time(ofSamples: (taken / Self.period + 1) * Self.period) - now()
        guard next > 0 else { return }
        switch pace {
        case .realTime: usleep(UInt32(min(next / 1000 + 1, 10_000)))
        case .none: skipped += next
        }
    }
}
