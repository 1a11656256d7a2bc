import Platform

/// Sound as a listener takes it: what is there by now, and since when it was there, on the sound's own clock.
public protocol LiveSound: AnyObject {
    /// Samples a second; 8000 or more.
    var rateHertz: Int { get }
    /// How often it broke off so far: what comes after a break doesn't belong to what came before.
    var breaks: UInt32 { get }
    /// All has been taken, and no more will come.
    var hasEnded: Bool { get }
    /// Takes what is there, up to `target.count` samples of full scale 1, without waiting; how many. Fails where it can't be read.
    func take(into target: UnsafeMutableBufferPointer<Float>) throws(Failure) -> Int
    /// Nanoseconds of its clock.
    func now() -> Int64
    /// The moment on that clock by which so many samples had been made.
    func time(ofSamples count: Int64) -> Int64
    /// Until there may be more, at most a few milliseconds.
    func wait()
}

/// When samples were made that come in blocks, some of them late: a straight line through the earliest arrivals.
public struct ArrivalClock: Sendable {
    private let rateHertz: Int
    private var offset: Int64?
    private var latest: Int64 = 0

    /// What a sound card's clock may be slower than ours, parts a million: by so much the line gives way.
    private static let drift: Int64 = 200

    /// - Parameter rateHertz: samples a second of the clock that makes them.
    public init(rateHertz: Int) { self.rateHertz = max(1, rateHertz) }

    /// - Parameters:
    ///   - count: samples so far, those of this arrival included.
    ///   - now: when they were seen to be there, nanoseconds.
    public mutating func arrived(_ count: Int64, at now: Int64) {
        let own = now - nanoseconds(count)
        let allowed = offset.map { $0 + (now - latest) / 1_000_000 * Self.drift } ?? own
        offset = min(own, allowed)
        latest = now
    }

    /// After a break the line begins anew.
    public mutating func restart() { offset = nil }

    /// When so many samples had been made.
    public func time(ofSamples count: Int64) -> Int64 { (offset ?? latest) + nanoseconds(count) }

    private func nanoseconds(_ count: Int64) -> Int64 {
        let rate = Int64(rateHertz)
        return count / rate * 1_000_000_000 + count % rate * 1_000_000_000 / rate
    }
}
