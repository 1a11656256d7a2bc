/// Samples on their way to whoever takes them, in a ring of fixed size that drops the oldest.
final class SampleRing {
    private let slots: UnsafeMutableBufferPointer<InertialSample>
    private var first = 0, count = 0

    init(capacity: Int) {
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: InertialSample(timestampNanoseconds: 0, acceleration: .zero, angularRate: .zero))
    }

    deinit { slots.deallocate() }

    /// False where the oldest sample had to give way.
    func put(_ sample: InertialSample) -> Bool {
        slots[(first + count) % slots.count] = sample
        if count < slots.count {
            count += 1
            return true
        }
        first = (first + 1) % slots.count
        return false
    }

    func take(_ samples: UnsafeMutableBufferPointer<InertialSample>) -> Int {
        let taken = min(count, samples.count)
        for index in 0..<taken { samples[index] = slots[(first + index) % slots.count] }
        first = (first + taken) % slots.count
        count -= taken
        return taken
    }
}
