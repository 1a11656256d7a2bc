import Device
import Platform
import Sensors

/// A motion sensor's newest samples. For the recorder's thread; allocates nothing after its start.
final class MotionHistory {
    let name: String
    private let ring: EventRing<InertialSample>
    private let samples: UnsafeMutablePointer<InertialSample>
    private let capacity: Int
    /// All so far.
    private(set) var count: Int64 = 0

    /// - Parameter seconds: that are kept.
    init(_ track: SensorTrack, ring: EventRing<InertialSample>, seconds: Double) {
        name = track.source.name
        self.ring = ring
        capacity = max(64, Int((Double(max(1, track.recordRateHertz)) * 1.1 * seconds).rounded(.up)))
        samples = .allocate(capacity: capacity)
        samples.initialize(repeating: InertialSample(timestampNanoseconds: 0, acceleration: .zero, angularRate: .zero), count: capacity)
    }

    deinit { samples.deallocate() }

    var bytes: Int { capacity * MemoryLayout<InertialSample>.stride }
    /// Samples that the sensor's thread found no room for.
    var dropped: UInt32 { ring.dropped }
    /// Number of the oldest that is kept.
    var oldest: Int64 { max(0, count - Int64(capacity)) }

    /// Leaves out what waits.
    func forget() {
        while ring.pop() != nil {}
    }

    func drain() {
        while let sample = ring.pop() {
            samples[Int(count % Int64(capacity))] = sample
            count += 1
        }
    }

    /// - Parameter number: from `oldest` up to `count`, that one not included.
    func sample(_ number: Int64) -> InertialSample { samples[Int(number % Int64(capacity))] }

    /// Number of the first sample of that time or later.
    func first(notBefore time: Int64) -> Int64 {
        var number = count
        while number > oldest, sample(number - 1).timestampNanoseconds >= time { number -= 1 }
        return number
    }
}
