import Board
import Device
import Hearing
import Platform

/// The microphone's newest sound, 16 bits, one channel. For the recorder's thread; allocates nothing after its start.
final class SoundHistory {
    private let microphone: MicrophoneLoop
    private let ring: SampleRing
    private let samples: UnsafeMutablePointer<Int16>
    private let capacity: Int
    private let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4096)
    private var clock = ArrivalClock(rateHertz: 1)
    private var losses: UInt32 = 0, knownDrops: UInt32 = 0
    /// Samples a second; 0 before the first.
    private(set) var rateHertz = 0
    /// All so far.
    private(set) var count: Int64 = 0
    /// Grows where what follows isn't the sequel: another rate.
    private(set) var breaks = 0
    /// What came before a gap or another rate isn't the past of what came after.
    private var barrier: Int64 = 0

    /// - Parameters:
    ///   - rateHertz: that is asked for; a card may give another.
    ///   - seconds: that are kept.
    init(_ microphone: MicrophoneLoop, ring: SampleRing, rateHertz: Int, seconds: Double) {
        self.microphone = microphone
        self.ring = ring
        capacity = Int(Double(max(rateHertz, 48_000)) * seconds)
        samples = .allocate(capacity: capacity)
        samples.initialize(repeating: 0, count: capacity)
        block.initialize(repeating: 0)
    }

    deinit {
        samples.deallocate()
        block.deallocate()
    }

    var bytes: Int { capacity * MemoryLayout<Int16>.stride }
    /// Samples that were lost in the device or found no room.
    var dropped: UInt32 { ring.dropped &+ microphone.reading.read().overruns }
    var oldest: Int64 { max(barrier, count - Int64(capacity)) }

    /// Leaves out what waits.
    func forget() {
        ring.clear()
        knownDrops = ring.dropped
    }

    func drain() {
        while true {
            let taken = ring.pop(block)
            guard taken > 0 else { return }
            let reading = microphone.reading.read()
            follow(reading)
            for index in 0..<taken {
                samples[place(count + Int64(index))] = Int16(max(-32_768, min(32_767, (block[index] * 32_768).rounded())))
            }
            count += Int64(taken)
            clock.arrived(count, at: monotonicNanoseconds())
        }
    }

    private func follow(_ reading: MicrophoneReading) {
        let rate = reading.format?.rateHertz ?? rateHertz
        if rate != rateHertz || reading.losses != losses {
            rateHertz = rate
            clock = ArrivalClock(rateHertz: rate)
            breaks += 1
            barrier = count
        } else if ring.dropped != knownDrops {
            clock.restart()
        }
        losses = reading.losses
        knownDrops = ring.dropped
    }

    /// When the sample of that number was made, monotonic nanoseconds.
    func time(of number: Int64) -> Int64 { clock.time(ofSamples: number) }

    /// Number of the first sample of that time or later, as far as there are any.
    func number(at time: Int64) -> Int64 {
        guard rateHertz > 0 else { return count }
        let ago = Double(self.time(of: count) - time) * 1e-9 * Double(rateHertz)
        return count - Int64(max(0, min(Double(count - oldest), ago)))
    }

    /// Copies samples from that number on, full scale 1, as many as there is room for.
    func copy(from number: Int64, to target: UnsafeMutableBufferPointer<Float>) {
        for index in target.indices { target[index] = Float(samples[place(number + Int64(index))]) / 32_768 }
    }

    private func place(_ number: Int64) -> Int { Int(number % Int64(capacity)) }
}
