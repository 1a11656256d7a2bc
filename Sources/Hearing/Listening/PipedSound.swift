import CLinux
import Platform

/// Sound from a pipe as it comes: a thread waits for it, so that nobody else has to.
public final class PipedSound: LiveSound {
    public let rateHertz = AudioReader.rate
    public let breaks: UInt32 = 0
    private let samples = SampleRing(capacity: 8 * AudioReader.rate)
    private var clock = ArrivalClock(rateHertz: AudioReader.rate)
    private var taken: Int64 = 0
    private let origin = monotonicNanoseconds()
    private var thread: Thread?
    /// Asked to stop; the thread has ended. What it says of that is written before.
    private let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 2)
    private var failure: Failure?

    /// - Parameters:
    ///   - path: `-` for standard input.
    ///   - isCancelled: asked by the thread while nothing comes; true ends the sound.
    ///   - opened: told of the reader once the pipe's beginning is there, on the thread.
    /// Fails with `inputOutput` where it can't be opened, with `resource` where there can be no thread.
    public init(path: String, isCancelled: @escaping () -> Bool, opened: @escaping (AudioReader) -> Void = { _ in }) throws(Failure) {
        words.initialize(repeating: 0, count: 2)
        let words = self.words
        let stream = try FileStream(path: path, isCancelled: { linux_load(words) != 0 || isCancelled() })
        thread = try Thread { [unowned(unsafe) self] in
            do throws(Failure) {
                let reader = try AudioReader(stream, takesRaw: true)
                opened(reader)
                try fill(from: reader)
            } catch {
                failure = error
            }
            linux_store(words + 1, 1)
        }
    }

    /// Ends the thread and waits for it. Call it before the last reference goes.
    public func stop() {
        linux_store(words, 1)
        thread?.join()
        thread = nil
    }

    deinit {
        stop()
        words.deallocate()
    }

    private func fill(from reader: AudioReader) throws(Failure) {
        let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1024)
        defer { block.deallocate() }
        while linux_load(words) == 0 {
            let count = try reader.read(into: block)
            if count == 0 { return }
            while samples.room < count, linux_load(words) == 0 { usleep(5000) }
            samples.push(UnsafeBufferPointer(rebasing: block[..<count]))
        }
    }

    public var hasEnded: Bool { linux_load(words + 1) != 0 && samples.count == 0 && failure == nil }

    public func take(into target: UnsafeMutableBufferPointer<Float>) throws(Failure) -> Int {
        let isOver = linux_load(words + 1) != 0
        let count = samples.pop(target)
        if count == 0, isOver, let failure { throw failure }
        if count > 0 {
            taken += Int64(count)
            clock.arrived(taken, at: now())
        }
        return count
    }

    public func now() -> Int64 { monotonicNanoseconds() - origin }

    public func time(ofSamples count: Int64) -> Int64 { clock.time(ofSamples: count) }

    public func wait() { usleep(10_000) }
}
