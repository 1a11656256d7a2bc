/// True times of a chip's last samples (monotonic nanoseconds), for comparing with what a driver recovered.
public final class SampleTrace {
    private let times: UnsafeMutablePointer<Int64>
    public let capacity: Int
    /// Samples since the trace was made.
    public private(set) var count = 0

    /// `capacity`: how many of the last samples are kept, at least one.
    public init(capacity: Int) {
        self.capacity = max(1, capacity)
        times = .allocate(capacity: self.capacity)
        times.initialize(repeating: 0, count: self.capacity)
    }

    deinit { times.deallocate() }

    func add(_ time: Int64) {
        times[count % capacity] = time
        count += 1
    }

    /// Time of sample `index` (from 0); nil where it is too old or yet to come.
    public func time(_ index: Int) -> Int64? {
        index >= 0 && index < count && index >= count - capacity ? times[index % capacity] : nil
    }
}
